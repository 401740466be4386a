// What this device keeps of signed forms until they are sent, in IndexedDB, since the page and its
// service worker both look at it: one record for each form of a page, and one for each piece of
// evidence that was handed in and waits.
"use strict";

const Outbox = (() => {
  const DATABASE = "jejak-forms";
  const CACHE = "jejak-forms";
  const said = typeof BroadcastChannel === "function" ? new BroadcastChannel("jejak-forms") : null;

  const open = () => new Promise((done, failed) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept", { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const within = async (mode, work) => {
    const database = await open();
    try {
      return await new Promise((done, failed) => {
        const moves = database.transaction("kept", mode);
        const asked = work(moves.objectStore("kept"));
        moves.oncomplete = () => done(asked.result);
        moves.onerror = moves.onabort = () => failed(moves.error);
      });
    } finally {
      database.close();
    }
  };

  const key = (path, part) => `${path} ${part}`;
  const put = (record) => within("readwrite", (kept) => kept.put(record));
  const get = (name) => within("readonly", (kept) => kept.get(name));
  const all = () => within("readonly", (kept) => kept.getAll());
  const drop = (name) => within("readwrite", (kept) => kept.delete(name));

  // One of the pages and the worker sends at a time; the others then find nothing left to send.
  const alone = (work) =>
    navigator.locks ? navigator.locks.request("jejak-forms", work) : work();

  const body = (record) => {
    const filed = record.fields.some(([, value]) => typeof value !== "string");
    const made = filed ? new FormData() : new URLSearchParams();
    for (const [name, value] of record.fields) made.append(name, value);
    return made;
  };

  // What became of it: "sent"; "later": no line, or nobody answers; "wrong": to be mended, `html`
  // says what; "over": the page is closed, or all of it was done already; "gone": sent by another.
  const send = (name) => alone(async () => {
    const record = await get(name);
    if (!record || record.state !== "waiting") return { became: "gone" };
    let answer;
    let html;
    try {
      answer = await fetch(record.path, { method: "POST", body: body(record), mode: "same-origin" });
      html = await answer.text();
    } catch {
      return { became: "later" };
    }
    // What did not come from the service itself, as from a hotel's sign-in page, is no answer.
    if (!answer.headers.has("Jejak-Page") || answer.status >= 500 || answer.status === 429) {
      return { became: "later" };
    }
    if (answer.ok || [404, 409, 410].includes(answer.status)) {
      await drop(name);
      await forget(record.path);
      const became = answer.ok ? "sent" : "over";
      if (said) said.postMessage({ name, became });
      return { became, html };
    }
    await put({ ...record, state: "draft" });
    return { became: "wrong", html };
  });

  // Pages, to be shown without a line. How long is told in seconds, since clocks of phones go wrong.
  const UNTIL = "Jejak-Kept-Until";
  const store = async (path, answer) => {
    const headers = new Headers(answer.headers);
    headers.set(UNTIL, String(Date.now() + 1000 * Number(headers.get("Jejak-Keep-For"))));
    const cache = await caches.open(CACHE);
    await cache.put(path, new Response(await answer.blob(), { status: answer.status, headers }));
  };
  const keep = async (path, things) => {
    const cache = await caches.open(CACHE);
    const answer = await fetch(path, { headers: { Accept: "text/html" } });
    if (answer.status === 200 && answer.headers.has("Jejak-Keep-For")) await store(path, answer);
    const wanted = new Set(things.map((each) => new URL(each, location.href).href));
    for (const each of wanted) if (!(await cache.match(each))) await cache.add(each);
    for (const request of await cache.keys()) {
      const old = new URL(request.url).pathname.startsWith("/f/assets/");
      if (old && !wanted.has(request.url)) await cache.delete(request);
    }
  };
  // A page that is kept; undefined: none is, or its time is over.
  const kept = async (path) => {
    const cache = await caches.open(CACHE);
    const answer = await cache.match(path);
    return answer && until(answer) > Date.now() ? answer : undefined;
  };
  const until = (answer) => Number(answer.headers.get(UNTIL) || Infinity);
  const forget = async (path) => {
    const cache = await caches.open(CACHE);
    await cache.delete(path);
  };

  // What is over is kept no longer.
  const tidy = async () => {
    const now = Date.now();
    for (const record of await all()) {
      if (record.until <= now) await drop(record.key);
    }
    const cache = await caches.open(CACHE);
    for (const request of await cache.keys()) {
      if (until(await cache.match(request)) <= now) await cache.delete(request);
    }
  };

  return { CACHE, key, put, get, all, drop, send, store, keep, kept, until, forget, tidy, said };
})();
