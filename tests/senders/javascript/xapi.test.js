// The npm package @xapi/xapi, as a Node service or a page uses it, against a running server.
//
// Needs JEJAK_ENDPOINT, JEJAK_AUTHORIZATION and JEJAK_ADAPTER (axios or fetch), and an empty
// store. Run by test_javascript.py.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import package_ from "@xapi/xapi";

const XAPI = package_.default ?? package_;
const { JEJAK_ENDPOINT: endpoint, JEJAK_AUTHORIZATION: auth, JEJAK_ADAPTER: adapter } = process.env;
const client = (version) => new XAPI({ endpoint, auth, adapter, version });
const lrs = client("1.0.3");

const agent = (name) => ({ objectType: "Agent", name, mbox: `mailto:${name}@example.org` });
const course = (name) => ({
  objectType: "Activity",
  id: `https://course.example.org/${name}`,
  definition: { name: { id: `Pelatihan ${name}` } },
});
const completed = (who, what, more = {}) => ({
  actor: agent(who),
  verb: { id: "http://adlnet.gov/expapi/verbs/completed", display: { id: "selesai" } },
  object: course(what),
  ...more,
});

/** The body of the refusal that a call ends in, and its status where the adapter tells it. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    if (adapter === "axios") return { status: error.response.status, ...error.response.data };
    return JSON.parse(error.message);
  }
  assert.fail("nothing was refused");
}

/** Refused with this status, and with a sentence. */
async function refused(status, call) {
  const body = await refusal(call);
  assert.ok(body.error, "a refusal has a sentence");
  assert.equal(body.status ?? status, status);
  return body;
}

test("about names the versions", async () => {
  const { data } = await lrs.getAbout();
  assert.deepEqual(data.version, ["1.0.3", "2.0.0"]);
});

for (const version of ["1.0.3", "2.0.0"]) {
  test(`a statement of ${version} gets an id and comes back`, async () => {
    const sent = completed("sari", `one-${version}`, {
      result: { score: { scaled: 0.85 }, success: true, duration: "PT1H30M" },
      context: { registration: randomUUID(), extensions: { "https://example.org/x": [1, "é😀"] } },
      timestamp: "2026-03-02T08:00:00.125Z",
    });
    const stored = await client(version).sendStatement({ statement: sent });
    assert.equal(stored.status, 200);
    assert.equal(stored.headers["x-experience-api-version"], version);
    const [statementId] = stored.data;
    const { data, headers } = await client(version).getStatement({ statementId });
    const { id, stored: at, authority, version: kept, ...rest } = data;
    assert.deepEqual(rest, sent);
    assert.equal(id, statementId);
    assert.ok(at && authority.account && kept);
    assert.ok(headers["last-modified"]);
  });
}

test("a batch is paged to its end, in order", async () => {
  const names = Array.from({ length: 7 }, (_, number) => `learner-${number}`);
  const statements = names.map((name) => completed(name, "batch"));
  const { data: ids } = await lrs.sendStatements({ statements });
  assert.equal(new Set(ids).size, 7);
  const activity = course("batch").id;
  let page = await lrs.getStatements({ activity, limit: 3, ascending: true });
  assert.ok(page.headers["x-experience-api-consistent-through"]);
  const came = [...page.data.statements];
  let pages = 1;
  while (page.data.more) {
    page = await lrs.getMoreStatements({ more: page.data.more });
    came.push(...page.data.statements);
    pages += 1;
  }
  assert.deepEqual(came.map((each) => each.id), ids);
  assert.deepEqual(came.map((each) => each.actor.name), names);
  assert.equal(pages, 3);
});

test("statements are found by who, verb and registration", async () => {
  const registration = randomUUID();
  const { data } = await lrs.sendStatements({
    statements: [completed("dewi", "query", { context: { registration } }), completed("adi", "query")],
  });
  const found = async (query) =>
    (await lrs.getStatements({ activity: course("query").id, ...query })).data.statements.map(
      (each) => each.id,
    );
  assert.deepEqual(await found({ agent: { mbox: "mailto:dewi@example.org" } }), [data[0]]);
  assert.deepEqual(await found({ registration }), [data[0]]);
  assert.deepEqual(await found({ verb: completed("x", "y").verb.id }), [data[1], data[0]]);
  assert.deepEqual(await found({ format: "ids", related_activities: true }), [data[1], data[0]]);
  assert.deepEqual(await found({ limit: 1 }), [data[1]]);
  assert.deepEqual(await found({ since: "2999-01-01T00:00:00Z" }), []);
});

test("voided statements are found only as such", async () => {
  const statements = ["a", "b", "c"].map((name) => completed(name, "void"));
  const { data: ids } = await lrs.sendStatements({ statements });
  await lrs.voidStatement({ actor: agent("admin"), statementId: ids[0] });
  await lrs.voidStatements({ actor: agent("admin"), statementIds: ids.slice(1) });
  for (const id of ids) {
    await refused(404, lrs.getStatement({ statementId: id }));
    const { data } = await lrs.getVoidedStatement({ voidedStatementId: id });
    assert.equal(data.id, id);
  }
});

test("a refusal names the statement, the member and the clause", async () => {
  const statements = [completed("a", "bad"), completed("b", "bad", { result: { response: null } })];
  const { problems } = await refused(400, lrs.sendStatements({ statements }));
  assert.deepEqual(
    problems.map(({ index, path }) => [index, path]),
    [[1, "result.response"]],
  );
  assert.ok(problems[0].message && problems[0].clause);
  const { data } = await lrs.getStatements({ activity: course("bad").id });
  assert.deepEqual(data.statements, []);
});

test("a wrong key is told so", async () => {
  const stranger = new XAPI({ endpoint, auth: XAPI.toBasicAuth("nobody", "guess"), adapter });
  await refused(401, stranger.getStatements({}));
});

// The package reads parts as text, and each only to its first line, so the contents are such.
const content = (text) => new TextEncoder().encode(text);
const attached = (text) => ({
  usageType: "http://adlnet.gov/expapi/attachments/certificate",
  display: { id: "Sertifikat" },
  contentType: "text/plain; charset=utf-8",
  length: content(text).byteLength,
  sha2: createHash("sha256").update(text).digest("hex"),
});

test("an attachment comes back with its statement", async () => {
  const statement = completed("sari", "attached", { attachments: [attached("lulus – baik")] });
  const attachments = [content("lulus – baik").buffer];
  if (adapter === "axios") {
    // Under Node, axios puts application/octet-stream in the place of the package's own header.
    const { error } = await refused(400, lrs.sendStatement({ statement, attachments }));
    assert.match(error, /application\/octet-stream.*multipart\/mixed/);
    return;
  }
  const { data: one } = await lrs.sendStatement({ statement, attachments });
  const { data: many } = await lrs.sendStatements({ statements: [statement], attachments });
  for (const [statementId] of [one, many]) {
    const { data } = await lrs.getStatement({ statementId, attachments: true });
    assert.equal(data[0].id, statementId);
    assert.equal(data[1], "lulus – baik");
  }
  const activity = course("attached").id;
  const { data } = await lrs.getStatements({ activity, attachments: true });
  assert.equal(data[0].statements.length, 2);
  assert.equal(data[1], "lulus – baik");
});

test("parts that run into each other are refused, not guessed at", async () => {
  // The package leaves out the line end before the boundary of a second part.
  const texts = ["first", "second"];
  const statement = completed("sari", "two", { attachments: texts.map(attached) });
  const attachments = texts.map((text) => content(text).buffer);
  await refused(400, lrs.sendStatement({ statement, attachments }));
});

test("an altered attachment is refused", async () => {
  const statement = completed("sari", "altered", { attachments: [attached("lulus")] });
  await refused(400, lrs.sendStatement({ statement, attachments: [content("gagal").buffer] }));
});

const large = { text: "é".repeat(4000) };
const etagOf = (text) => `"${createHash("sha1").update(text).digest("hex")}"`;

test("state is merged, replaced by tag, listed and deleted", async () => {
  const where = { agent: agent("sari"), activityId: course("state").id };
  const one = { ...where, stateId: "bookmark" };
  await lrs.createState({ ...one, state: { page: 3, theme: "dark" } });
  await lrs.createState({ ...one, state: { page: 4 } });
  const found = await lrs.getState(one);
  assert.deepEqual(found.data, { page: 4, theme: "dark" });
  const { etag } = found.headers;
  assert.match(etag, /^"[0-9a-f]{40}"$/);
  await lrs.setState({ ...one, state: { page: 5 }, etag, matchHeader: "If-Match" });
  await refused(412, lrs.setState({ ...one, state: { page: 6 }, etag, matchHeader: "If-Match" }));
  await refused(412, lrs.setState({ ...one, state: {}, etag: "*", matchHeader: "If-None-Match" }));
  assert.deepEqual((await lrs.getState(one)).data, { page: 5 });

  const registration = randomUUID();
  const apart = { ...where, registration, stateId: "notes" };
  await lrs.setState({ ...apart, state: "catatan – één", contentType: "text/plain" });
  const text = await lrs.getState(apart);
  assert.equal(text.data, "catatan – één");
  assert.equal(text.headers.etag, etagOf("catatan – één"));
  assert.equal(text.headers["content-type"], "text/plain");
  assert.deepEqual((await lrs.getStates({ ...where, registration })).data, ["notes"]);
  assert.deepEqual((await lrs.getStates(where)).data.sort(), ["bookmark", "notes"]);
  assert.deepEqual((await lrs.getStates({ ...where, since: "2999-01-01T00:00:00Z" })).data, []);

  await refused(412, lrs.deleteState({ ...one, etag }));
  const now = (await lrs.getState(one)).headers.etag;
  assert.equal((await lrs.deleteState({ ...one, etag: now })).status, 204);
  await refused(404, lrs.getState(one));
  await lrs.deleteStates(where);
  assert.deepEqual((await lrs.getStates(where)).data, []);
});

for (const [kind, owner] of [
  ["Agent", { agent: agent("sari") }],
  ["Activity", { activityId: course("profile").id }],
]) {
  test(`${kind.toLowerCase()} profiles are made, replaced by tag, merged, listed and deleted`, async () => {
    const [create, set, get, list, remove] = [
      `create${kind}Profile`,
      `set${kind}Profile`,
      `get${kind}Profile`,
      `get${kind}Profiles`,
      `delete${kind}Profile`,
    ].map((name) => lrs[name].bind(lrs));
    const one = { ...owner, profileId: "settings" };
    const fresh = { etag: "*", matchHeader: "If-None-Match" };
    await set({ ...one, profile: { language: "id" }, ...fresh });
    await refused(412, set({ ...one, profile: { language: "en" }, ...fresh }));
    const { etag } = (await get(one)).headers;
    await create({ ...one, profile: large, etag, matchHeader: "If-Match" });
    await refused(412, create({ ...one, profile: large, etag, matchHeader: "If-Match" }));
    // Compressed on the way, so that its tag is a weak one; what may be done by it is the same.
    const merged = await get(one);
    assert.deepEqual(merged.data, { language: "id", ...large });
    const tag = merged.headers.etag;
    assert.match(tag, /^(W\/)?"[0-9a-f]{40}"$/);
    await set({ ...one, profile: { language: "jv" }, etag: tag, matchHeader: "If-Match" });
    await refused(412, remove({ ...one, etag: tag }));
    assert.deepEqual((await list(owner)).data, ["settings"]);
    assert.deepEqual((await list({ ...owner, since: "2999-01-01T00:00:00Z" })).data, []);
    await remove({ ...one, etag: (await get(one)).headers.etag });
    assert.deepEqual((await list(owner)).data, []);
    await refused(404, get(one));
  });
}

test("a person and an activity are put together from what was sent", async () => {
  const other = { ...completed("rini", "merged"), object: { ...course("merged") } };
  other.object.definition = { description: { en: "Excellent service" }, type: "https://example.org/t" };
  await lrs.sendStatements({ statements: [completed("rini", "merged"), other] });
  const { data: person } = await lrs.getAgent({ agent: { mbox: "mailto:rini@example.org" } });
  assert.equal(person.objectType, "Person");
  assert.deepEqual(person.name, ["rini"]);
  assert.deepEqual(person.mbox, ["mailto:rini@example.org"]);
  const { data: activity } = await lrs.getActivity({ activityId: course("merged").id });
  assert.deepEqual(activity.definition, {
    name: { id: "Pelatihan merged" },
    description: { en: "Excellent service" },
    type: "https://example.org/t",
  });
});
