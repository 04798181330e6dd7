/** The page: takes recordings, asks the server, and shows the answers. */

import { displayed, prepared } from "./audio.js";
import { cardOf, scoreText } from "./cards.js";
import { byId, clock, el, joined, save } from "./dom.js";
import { Figure, timelineFigure } from "./figures.js";
import { Recording, decibels } from "./recorder.js";
import { answer, sourceText, spoken, toCsv } from "./results.js";
import { Voice } from "./voice.js";

const AT_ONCE = 3;
const LONG_SECONDS = 60;

let health;
let cards = [];
let voice;
let entries = [];
let running = 0;
let n_recorded = 0;

// Asking the server

async function ask(card, entry) {
  const body = new FormData();
  body.append("files", entry.file, entry.file.name);
  for (const clip of voice.for(card)) body.append("enrol", clip, clip.name);
  const query = new URLSearchParams({ model: card.name, pitch: true });
  query.set("explain", true);
  if (entry.seconds > LONG_SECONDS) query.set("window", 3);
  let response;
  try {
    response = await fetch(`predict?${query}`, { method: "POST", body });
  } catch {
    throw new Error("The server does not answer. Start it again: featser app MODEL.");
  }
  const document = await response.json().catch(() => ({ error: `The server answered ${response.status}.` }));
  if (!response.ok) throw new Error(document.error);
  return { document, result: document.results[0] };
}

/** Check and convert a file, show it, and show the answers of all models. */
async function work(entry) {
  try {
    const { max_mb, max_seconds } = health.limits;
    const maxBytes = max_mb * 2 ** 20;
    if (!entry.file) Object.assign(entry, await prepared(entry.source, maxBytes));
    if (entry.file.size > maxBytes - 2000) throw new Error(`The file is larger than ${max_mb} MB. Cut it, or convert it to .flac or .mp3.`);
    if (!entry.samples) await display(entry);
    if (entry.seconds > max_seconds) throw new Error(`The recording lasts ${clock(entry.seconds)} min; at most ${clock(max_seconds)} min are taken. Cut it.`);
    entry.answers = await Promise.all(cards.map((card) => ask(card, entry)));
    show(entry);
  } catch (error) {
    fail(entry, error.message);
  }
}

/** Decode for the pictures; the answer does not depend on it. */
async function display(entry) {
  try {
    entry.samples = await displayed(entry.file);
    entry.seconds = entry.samples.length / 16000;
    entry.figure.set({ samples: entry.samples });
    entry.audio.src = URL.createObjectURL(entry.file);
    entry.media.hidden = false;
  } catch {
    entry.samples = new Float32Array(0); // a format that browsers do not play
  }
}

function next() {
  while (running < AT_ONCE) {
    const entry = entries.find((each) => each.waiting && !each.busy);
    if (!entry) return;
    entry.waiting = false;
    entry.busy = true;
    running += 1;
    work(entry).finally(() => {
      running -= 1;
      entry.busy = false;
      next();
    });
  }
}

// Entries

function add(source, recorded = false) {
  const entry = { source, recorded, name: source.name, waiting: true, file: recorded ? source : null };
  entry.audio = el("audio", { controls: true, preload: "metadata", "aria-label": `Play ${entry.name}` });
  const seek = (second) => { entry.audio.currentTime = second; };
  entry.figure = new Figure(seek);
  entry.audio.addEventListener("timeupdate", () => entry.figure.follow(entry.audio.currentTime));
  entry.seek = seek;
  entry.about = el("small", {});
  entry.body = el("div", { class: "answers" }, el("p", { class: "pending" }, "Listening …"));
  entry.media = el("div", { class: "media", hidden: true }, entry.audio, entry.figure.node);
  entry.keep = el("button", { type: "button", class: "quiet", hidden: true, onclick: () => save(entry.file.name, entry.file) }, "Save WAV");
  const remove = el("button", { type: "button", class: "quiet", "aria-label": `Remove ${entry.name}`, onclick: () => drop(entry) }, "Remove");
  entry.node = el("article", {},
    el("div", { class: "bar-line" }, el("h3", {}, entry.name, " ", entry.about), el("div", { class: "actions" }, entry.keep, remove)),
    el("div", { class: cards.length > 1 ? "entry several" : "entry" }, entry.body, entry.media));
  entries.unshift(entry);
  byId("list").prepend(entry.node);
  byId("results").hidden = false;
  next();
}

function drop(entry) {
  URL.revokeObjectURL(entry.audio.src);
  entry.node.remove();
  entries = entries.filter((each) => each !== entry);
  byId("results").hidden = !entries.length;
  byId("choose").focus();
}

function show(entry) {
  const [first] = entry.answers;
  entry.body.classList.toggle("stale", entry.waiting);
  const order = Object.entries(first.result.probabilities).sort((a, b) => b[1] - a[1]).map(([emotion]) => emotion);
  entry.about.textContent = sourceText(entry, first.result);
  entry.body.replaceChildren(...entry.answers.map(({ document, result }) => answer(document, result, order, cards.length > 1)));
  entry.keep.hidden = !(entry.recorded || entry.converted);
  entry.figure.set({ pitch: first.result.pitch });
  entry.node.querySelectorAll("figure.timeline").forEach((node) => node.remove());
  for (const { document, result } of entry.answers) {
    if (result.timeline) entry.media.append(timelineFigure(result.timeline, document.model, entry.seek));
  }
  byId("status").textContent = spoken(entry, entry.answers);
}

function fail(entry, message) {
  entry.answers = null;
  entry.body.classList.remove("stale");
  entry.body.replaceChildren(el("p", { class: "alarm" }, message));
  byId("status").textContent = `${entry.name}: ${message}`;
}

/** One document per model, with all results of the page. */
function documents() {
  return cards.map((_, at) => {
    const answers = entries.filter((each) => each.answers).map((each) => each.answers[at]).reverse();
    return answers.length ? { ...answers[0].document, results: answers.map((each) => each.result) } : null;
  }).filter(Boolean);
}

// Recording

function trouble(message) {
  byId("trouble").textContent = message;
  byId("trouble").hidden = !message;
}

/** Let a button start and stop the microphone; `done` gets the recording. */
function recordWith(button, nameOf, done) {
  const text = button.querySelector(".text");
  const idle = text.textContent;
  const others = [byId("record"), byId("read")].filter((each) => each !== button);
  let recording;
  let busy = false;
  let clipped = false;

  const meter = (block, seconds) => {
    const level = decibels(block);
    clipped ||= block.some((sample) => Math.abs(sample) >= 0.999);
    byId("clock").textContent = `${seconds.toFixed(1)} s`;
    byId("level").value = Math.max(0, 1 + level / 60);
    byId("loudness").textContent = clipped ? "too loud: clipped" : level < -50 ? "quiet" : "";
    if (seconds >= health.limits.max_seconds) stop();
  };

  const running = (on) => {
    byId("live").hidden = !on;
    button.classList.toggle("on", on);
    text.textContent = on ? "Stop" : idle;
    byId("status").textContent = on ? "Recording." : "";
    others.forEach((each) => { each.disabled = on; });
  };

  async function stop() {
    if (busy || !recording) return;
    busy = true;
    const made = await recording.stop(nameOf());
    recording = null;
    running(false);
    busy = false;
    if (made.samples.length < made.rate / 5) trouble("Nothing was recorded. Speak for a second or more.");
    else done(made);
  }

  button.addEventListener("click", async () => {
    if (recording) return stop();
    if (busy) return undefined;
    busy = true;
    clipped = false;
    trouble("");
    try {
      recording = await Recording.start(meter);
      running(true);
    } catch (error) {
      trouble(error.message);
    }
    busy = false;
    return undefined;
  });
}

// Starting

function connectInputs() {
  const picks = [["choose", "files", (files) => files.forEach((file) => add(file))],
    ["choose-voice", "voice-files", (files) => voice.addFiles(files, health.limits.max_mb * 2 ** 20).catch((error) => trouble(error.message))]];
  for (const [button, input, take] of picks) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", () => {
      take([...byId(input).files]);
      byId(input).value = "";
    });
  }
  recordWith(byId("record"), () => `recording-${(n_recorded += 1)}.wav`, (made) => add(made.file, true));
  recordWith(byId("read"), () => "voice.wav", (made) => voice.addReading(made));
  const zone = byId("drop");
  const stop = (event) => event.preventDefault();
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, stop);
  document.addEventListener("dragover", () => zone.classList.add("over"));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    [...event.dataTransfer.files].forEach((file) => add(file));
  });
  byId("clear").addEventListener("click", () => [...entries].forEach(drop));
  byId("save-csv").addEventListener("click", () => save("featser.csv", toCsv(documents()), "text/csv"));
  byId("save-json").addEventListener("click", () => {
    const made = documents();
    save("featser.json", `${JSON.stringify(made.length === 1 ? made[0] : made, null, 1)}\n`, "application/json");
  });
}

/** Ask again for all entries, when the voice has changed. */
function askAgain() {
  for (const entry of entries.filter((each) => each.file)) {
    entry.waiting = true;
    entry.body.classList.add("stale");
  }
  next();
}

async function start() {
  const get = async (path) => (await fetch(path)).json();
  [health, { models: cards }] = await Promise.all([get("health"), get("models")]);
  voice = new Voice(cards, askAgain);
  byId("about").textContent = `${joined(cards.map((card) => `${card.name} (${scoreText(card)})`), "and")}.`;
  byId("formats").textContent =
    `Up to ${health.limits.max_mb} MB and ${Math.round(health.limits.max_seconds / 60)} minutes. WAV, FLAC, MP3, Ogg and Opus are sent as they are; ` +
    "WebM, M4A and MP4 are decoded by this browser first. The microphone is recorded without gain control, noise suppression or echo cancelling.";
  byId("cards-title").textContent = cards.length > 1 ? "Models" : "Model";
  byId("cards").append(...cards.map((card) => cardOf(card, false)));
  byId("cards").hidden = false;
  byId("address").textContent = location.origin;
  connectInputs();
}

start().catch((error) => {
  byId("about").textContent = `The page could not be started: ${error.message}.`;
  byId("about").classList.add("alarm");
});
