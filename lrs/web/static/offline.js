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
  const form_of = (name) =>
    [...forms()].find((form) => name === key(form) || name.startsWith(`${key(form)} `));

  // A form that may be handed in again and again: each time waits by itself, under the number that
  // it bears, and the form is free for the next.
  const many = (form) => "many" in form.dataset;
  const own_key = (form) => `${key(form)} ${form.elements.submission.value}`;
  const of_form = async (form) =>
    (await Outbox.all()).filter(({ key: name }) => name.startsWith(`${key(form)} `));
  const list = async (form) => {
    const place = form.querySelector(".waits");
    if (!place) return;
    const held = await of_form(form);
    place.replaceChildren(
      ...held.map((record) => {
        const line = document.createElement("li");
        const [, title] = record.fields.find(([name]) => name === "title") || [];
        line.textContent = `${title}: ${words[record.state]}`;
        return line;
      })
    );
    place.hidden = !held.length;
  };
  const renew = (form) => {
    form.reset();
    form.elements.submission.value = crypto.randomUUID();
  };

  // Where it is, in words.
  const show = (form, state) => {
    const place = form.querySelector(".kept");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = words[state] || "";
    place.hidden = !state;
  };

  // Between the fields and what is kept.
  const gather = (form, state, name = key(form)) => {
    const fields = [...new FormData(form)].filter(
      ([, value]) => typeof value === "string" || value.name || value.size
    );
    return { key: name, path, part: form.dataset.part, fields, state, until };
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
  // What was typed in this very moment is kept before the page goes, or is laid anew.
  const typed = () => Promise.all([...later.keys()].map(save));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") typed();
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
    if (told.became === "sent") await sent(form, told.html);
    else if (told.became === "wrong" || told.became === "over") await swap(told.html);
    else if (told.became === "gone") show(form, "");
    else await wait(form);
  };
  // What the service answered is shown as it came: asking once more could fail on a poor line.
  const sent = async (form, html) => {
    show(form, "sent");
    await typed();
    const there = `${path}?done=${form.dataset.part}`;
    if (!html) return location.replace(there);
    history.replaceState(null, "", there);
    await swap(html);
    keep().catch(() => {});
  };
  const wait = async (form) => {
    show(form, "waiting");
    await list(form);
    const ready = await navigator.serviceWorker.ready;
    if (ready.sync) ready.sync.register("send").catch(() => {});
  };
  const swap = async (html) => {
    await typed();
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    Object.assign(document.body.dataset, page.body.dataset);
    document.querySelector("main").replaceWith(document.importNode(page.querySelector("main"), true));
    await begin();
    const wrong = document.querySelector(".problems");
    if (wrong) wrong.focus();
    scrollTo(0, 0);
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
    const name = many(form) ? own_key(form) : key(form);
    Outbox.put(gather(form, "waiting", name)).then(
      () => release(form).then(() => go(name)),
      () => HTMLFormElement.prototype.submit.call(form) // no room on the device
    );
  });
  const release = async (form) => {
    if (!many(form)) return;
    await Outbox.drop(key(form));
    renew(form);
    await list(form);
  };
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
      else if (form) typed().then(() => location.replace(path));
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
      const record = (await Outbox.get(key(form))) || (many(form) && (await mended(form)));
      if (many(form)) {
        // The number on a page that was kept may be that of something handed in before.
        if (!record) form.elements.submission.value = crypto.randomUUID();
        await list(form);
      }
      if (!record) continue;
      fill(form, record);
      show(form, record.state);
    }
  };
  // What the service did not take is back in the form, once nothing else is being written there.
  const mended = async (form) => {
    const wrong = (await of_form(form)).find((record) => record.state === "draft");
    if (!wrong) return undefined;
    const record = { ...wrong, key: key(form) };
    await Outbox.put(record);
    await Outbox.drop(wrong.key);
    return record;
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
