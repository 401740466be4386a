// The service worker of the pages behind signed links: it shows a page that was opened before when
// there is no line, and sends what waits once there is one, also when the page is closed by then.

const PATIENCE = 6000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(Outbox.CACHE).then((cache) => cache.add("/f/assets/offline")).then(() => self.skipWaiting())
  );
});
self.addEventListener("activate", (event) => {
  event.waitUntil(Outbox.tidy().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const there = new URL(request.url);
  if (request.method !== "GET" || there.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, there.pathname));
  else if (there.pathname.startsWith("/f/assets/")) event.respondWith(asset(request));
});

const page = async (request, path) => {
  const kept = await Outbox.kept(path);
  const asked = fetch(request).then(async (answer) => {
    const told = answer.headers.get("Jejak-Page");
    if (told === "waits" && answer.status === 200) await Outbox.store(path, answer.clone());
    else if (told && !(await waiting(path))) await Outbox.forget(path);
    return answer;
  });
  asked.catch(() => {});
  try {
    if (!kept) return await asked;
    // On a poor line, what is kept is shown rather than nothing.
    const late = new Promise((done) => setTimeout(() => done(kept), PATIENCE));
    return await Promise.race([asked, late]);
  } catch {
    return kept || (await caches.match("/f/assets/offline")) || Response.error();
  }
};
const waiting = async (path) =>
  (await Outbox.all()).some((record) => record.path === path && record.state === "waiting");

// The address of an asset changes with what is in it.
const asset = async (request) => {
  const cache = await caches.open(Outbox.CACHE);
  return (await cache.match(request)) || fetch(request);
};

self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(everything());
});
const everything = async () => {
  await Outbox.tidy();
  let left = false;
  for (const record of await Outbox.all()) {
    if (record.state === "waiting" && (await Outbox.send(record.key)).became === "later") left = true;
  }
  if (left) throw new Error("There is no line yet.");
};
