// Reviewing by keyboard: one press decides, and the next link is there already.
// Everything here is a button or a link that works without it.
"use strict";

(() => {
  const off = "jejak-no-keys";
  const typing = (place) => place.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  const main = () => document.getElementById("main");

  // Keys. Who does not want them takes the tick away; the device keeps that.
  document.addEventListener("change", (event) => {
    if (event.target.id !== "keys") return;
    if (event.target.checked) localStorage.removeItem(off);
    else localStorage.setItem(off, "yes");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target) || localStorage.getItem(off)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "t") {
      const other = main().querySelector("input[name=tier]:not(:checked)");
      if (other && !other.matches(":disabled")) other.checked = true;
      return;
    }
    const thing = main().querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!thing || thing.matches(":disabled")) return;
    event.preventDefault();
    if (thing.matches("textarea")) thing.focus();
    else thing.click();
  });

  // The page of a document that is in view is what the verdict rests on, until one chooses another.
  const rest = () => {
    const leaf = main().querySelector(".leaf[data-rests]");
    const select = document.getElementById("field-rests_on");
    if (!leaf || !select || select.dataset.chosen) return;
    select.value = leaf.dataset.rests;
    const page = document.getElementById("field-page");
    if (page) page.value = leaf.dataset.page;
  };
  document.addEventListener("change", (event) => {
    if (event.target.id === "field-rests_on") event.target.dataset.chosen = "yes";
  });
  document.addEventListener("htmx:afterSettle", rest);

  // What comes next is fetched while this is read. It is shown at once when the verdict is given;
  // what the service answers then takes its place.
  let ahead = null;
  const prepare = () => {
    document.getElementById("keys")?.toggleAttribute("checked", !localStorage.getItem(off));
    if (document.getElementById("keys")) document.getElementById("keys").checked = !localStorage.getItem(off);
    const form = main().querySelector("form[data-ahead]");
    ahead = null;
    if (!form) return;
    const way = form.dataset.ahead;
    fetch(way, { headers: { Accept: "text/html" } })
      .then((answer) => (answer.ok ? answer.text() : null))
      .then((text) => {
        if (!text || !main().querySelector(`form[data-ahead="${CSS.escape(way)}"]`)) return;
        ahead = new DOMParser().parseFromString(text, "text/html");
        const first = ahead.querySelector(".leaf[hx-trigger=load]");
        if (first) fetch(first.getAttribute("hx-get"), { headers: { Accept: "text/html" } });
      })
      .catch(() => {});
  };
  const show = (page) => {
    main().replaceChildren(...document.importNode(page.getElementById("main"), true).childNodes);
    document.title = page.title;
    htmx.process(main());
    scrollTo(0, 0);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.verdict[data-ahead]") || !event.submitter || event.defaultPrevented) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    if (ahead) show(ahead);
    fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } })
      .then((answer) => answer.text().then((text) => [answer.url, text]))
      .then(([where, text]) => {
        history.replaceState(null, "", where.endsWith("/decide") ? location.href : where);
        show(new DOMParser().parseFromString(text, "text/html"));
        main().focus({ preventScroll: true });
        prepare();
      })
      .catch(() => location.reload());
  });
  prepare();
  rest();
})();
