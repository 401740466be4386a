// Signed forms without a line: what is typed is kept on this device at once, and sent when there is
// a line, once. Without this script a form is sent as any other.

(() => {
  const words = document.body.dataset;
  if (!words.lasts || !window.indexedDB || !window.caches || !navigator.serviceWorker) return;
  const path = location.pathname;
  const later = new Map();
  let until = Date.now() + 1000 * Number(words.lasts);

  const forms = () => document.querySelectorAll("form[data-part]");
  const key = (form) => Outbox.key(path, form.dataset.part);
  const form_of = (name) => [...forms()].find((form) => key(form) === name);

  // Where it is, in words.
  const show = (form, state) => {
    const place = form.querySelector(".kept");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = words[state] || "";
    place.hidden = !state;
  };

  // Between the fields and what is kept.
  const gather = (form, state) => {
    const fields = [...new FormData(form)].filter(
      ([, value]) => typeof value === "string" || value.name || value.size
    );
    return { key: key(form), path, part: form.dataset.part, fields, state, until };
  };
  const fill = (form, record) => {
    const given = new Map();
    for (const [name, value] of record.fields) given.set(name, [...(given.get(name) || []), value]);
    for (const field of form.elements) {
      if (!field.name || field.tagName === "BUTTON" || field.tagName === "FIELDSET") continue;
      const values = given.get(field.name) || [];
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else if (field.type === "file") refile(field, values);
      else if (values.length) field.value = values[0];
      const shut = field.closest("details:not([open])");
      const told = field.type === "checkbox" || field.type === "radio" ? field.checked : field.value;
      if (shut && told && field.type !== "hidden" && field.closest("form") === form && form.contains(shut)) shut.open = true;
    }
    const whole = form.closest("details");
    if (whole) whole.open = true;
  };
  const refile = (field, values) => {
    const held = new DataTransfer();
    for (const value of values) if (typeof value !== "string") held.items.add(value);
    field.files = held.files;
  };

  // Typing.
  const save = (form) => {
    clearTimeout(later.get(form));
    later.delete(form);
    return Outbox.put(gather(form, "draft")).then(() => show(form, "draft"), () => {});
  };
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("form[data-part]")) return;
    for (const field of form.querySelectorAll("[data-told]")) {
      field.setCustomValidity("");
      field.removeAttribute("data-told");
    }
    clearTimeout(later.get(form));
    later.set(form, setTimeout(() => save(form), 300));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const form of [...later.keys()]) save(form);
  });

  // What the service would find wrong is told at once, since it may be days until it is asked.
  const check = (form) => {
    const rows = new Map();
    for (const field of form.querySelectorAll("input[type=radio][name$='.value']")) {
      const row = field.name.split(".")[0];
      if (!rows.has(row)) rows.set(row, new Map());
      const fields = rows.get(row);
      if (!fields.has(field.name)) fields.set(field.name, { field, value: "" });
      if (field.checked) fields.get(field.name).value = field.value;
    }
    for (const [row, fields] of rows) {
      const every = [...fields.values()];
      const unseen = form.querySelector(`input[name="${row}.unseen"]`);
      const some = every.some((each) => each.value) && !(unseen && unseen.checked);
      for (const { field, value } of every) {
        if (some && !value) tell(field, words.needValue);
        const example = form.querySelector(`textarea[name="${field.name.replace(/value$/, "example")}"]`);
        if (example && (value === "0" || value === "4") && !example.value.trim()) tell(example, words.needExample);
      }
    }
    return form.reportValidity();
  };
  const tell = (field, sentence) => {
    const shut = field.closest("details:not([open])");
    if (shut) shut.open = true;
    field.setCustomValidity(sentence);
    field.dataset.told = "yes";
  };

  // Sending.
  const go = async (name) => {
    const form = form_of(name);
    if (form) {
      show(form, "sending");
      form.inert = true;
    }
    const told = await Outbox.send(name).catch(() => ({ became: "later" }));
    if (!form) return;
    form.inert = false;
    if (told.became === "sent") sent(form, told.html);
    else if (told.became === "wrong" || told.became === "over") swap(told.html);
    else if (told.became === "gone") show(form, "");
    else wait(form);
  };
  // What the service answered is shown as it came: asking once more could fail on a poor line.
  const sent = (form, html) => {
    show(form, "sent");
    const there = `${path}?done=${form.dataset.part}`;
    if (!html) return location.replace(there);
    history.replaceState(null, "", there);
    swap(html);
    keep().catch(() => {});
  };
  const wait = async (form) => {
    show(form, "waiting");
    const ready = await navigator.serviceWorker.ready;
    if (ready.sync) ready.sync.register("send").catch(() => {});
  };
  const swap = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    Object.assign(document.body.dataset, page.body.dataset);
    document.querySelector("main").replaceWith(document.importNode(page.querySelector("main"), true));
    begin().then(() => {
      const wrong = document.querySelector(".problems");
      if (wrong) wrong.focus();
      scrollTo(0, 0);
    });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-part]")) return;
    const draft = event.submitter && event.submitter.value === "draft";
    // A draft for other devices goes to the service, if there is a line; this one has it already.
    if (draft && navigator.onLine) return;
    event.preventDefault();
    if (draft) return void save(form);
    if (!check(form)) return void save(form);
    clearTimeout(later.get(form));
    later.delete(form);
    Outbox.put(gather(form, "waiting")).then(
      () => go(key(form)),
      () => HTMLFormElement.prototype.submit.call(form) // no room on the device
    );
  });
  const retry = async () => {
    if (!navigator.onLine) return;
    for (const record of await Outbox.all()) if (record.state === "waiting") await go(record.key);
  };
  window.addEventListener("online", retry);
  setInterval(retry, 60000);
  if (Outbox.said) {
    Outbox.said.addEventListener("message", ({ data }) => {
      const form = form_of(data.name);
      if (form && data.became === "sent") sent(form);
      else if (form) location.replace(path);
    });
  }

  // Opening. A page that comes from the device itself is older than it says.
  const date = async () => {
    const kept = await Outbox.kept(path);
    if (kept) until = Math.min(until, Outbox.until(kept));
  };
  const begin = async () => {
    for (const form of forms()) {
      // What the service keeps as a draft comes with the page.
      if (location.search === "?done=draft") await Outbox.drop(key(form));
      const record = await Outbox.get(key(form));
      if (!record) continue;
      fill(form, record);
      show(form, record.state);
    }
  };
  const keep = async () => {
    const mine = (await Outbox.all()).some((record) => record.path === path);
    if (words.waits !== "yes" && !mine) return Outbox.forget(path);
    const things = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")];
    return Outbox.keep(path, [...things.map((each) => each.href || each.src), "/f/assets/offline"]);
  };
  navigator.serviceWorker.register("/f/worker.js", { scope: "/f/" }).catch(() => {});
  Outbox.tidy()
    .then(date)
    .then(begin)
    .then(retry)
    .then(() => navigator.onLine && keep())
    .catch(() => {});
})();
