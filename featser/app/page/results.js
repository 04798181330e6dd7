/** Answers of the models about one recording, as elements. */

import { scoreOf } from "./cards.js";
import { duration, el, joined, percent } from "./dom.js";
import { sharesOf, shareWords } from "./figures.js";

const FLAGS = {
  "too-short": "Too short: less than 0.3 s.",
  silent: "Silent: the peak is more than 60 dB below full scale.",
  clipped: "Clipped: 1 % of the samples or more are at the peak.",
  noisy: "Noisy: the speech is less than 10 dB above the background.",
  "not-speech": "Not like speech: very far from the training recordings.",
  "unlike-training": "Unlike the training recordings: too unusual for an answer.",
  "other-conditions": "Other conditions: most recordings are unlike the training recordings, so the probabilities are too high.",
  inductive: "Not adapted to this voice: the score of the unadapted model applies.",
  "trained-on": "Training data: the model was trained on this recording, so its score does not apply.",
  long: "Longer than a minute: one label is a summary. The models are trained on single utterances.",
};

/** Flag as a sentence; flags that this page does not know are shown by name. */
const flagText = (flag) => FLAGS[flag] ?? `Flag: ${flag.replaceAll("-", " ")}.`;

/** The most probable emotion, also where the model does not answer. */
function closest(result) {
  return Object.entries(result.probabilities).reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

/** Table with a bar and a number per emotion. */
function bars(label, shares, best) {
  const rows = shares.map(([emotion, share]) => {
    const bar = el("div", { class: "bar" });
    bar.style.width = `${100 * share}%`;
    return el("tr", { class: emotion === best ? "best" : null },
      el("th", { scope: "row" }, emotion),
      el("td", { class: "track", "aria-hidden": "true" }, bar),
      el("td", { class: "number" }, share >= 0.0005 || share === 0 ? share.toFixed(3) : "< 0.001"));
  });
  return el("table", { class: "bars", "aria-label": label }, el("tbody", {}, rows));
}

/** Prediction set, and how usual the recording is. */
function setText(result, scores) {
  const level = scores?.conformal && Math.round(100 * scores.conformal.level);
  const set = !level || !result.answered ? null : result.set.length ? `${level} % set: ${joined(result.set)}.` : "No prediction set.";
  const usual = result.p_value < 0.01 ? "p < 0.01" : `p = ${result.p_value.toFixed(2)}`;
  return [set && el("p", { class: "set" }, set), el("p", { class: "small" }, `How usual among the training recordings: ${usual}`)];
}

/** Answer of one model; `order` is that of the emotions. */
export function answer(document, result, order, showName) {
  const shares = order.map((emotion) => [emotion, result.probabilities[emotion]]);
  const flags = result.flags.filter((flag) => !result.timeline || !["inductive", "long"].includes(flag)); // of the one label
  return el("section", { class: result.answered ? "answer" : "answer silent", "aria-label": `Answer of ${document.model}` },
    showName && el("h4", {}, document.model),
    result.timeline ? overview(result) : headline(result),
    !result.timeline && setText(result, scoreOf(document.scores, result.normalise)),
    !result.timeline && bars(`Probabilities by ${document.model}`, shares, result.emotion),
    flags.length > 0 && el("ul", { class: "flags" }, flags.map((flag) => el("li", { "data-flag": flag }, flagText(flag)))),
    result.explanation && !result.timeline && explanation(result.explanation));
}

function headline(result) {
  const most = closest(result);
  const [label, about] = result.answered ? [most, percent(result.probabilities[most])] : ["no answer", `closest: ${most}`];
  return el("p", { class: "emotion" }, el("strong", {}, label), " ", el("span", {}, about));
}

/** Emotions of a long recording instead of one label. */
function overview({ timeline, emotion, probabilities }) {
  const shares = sharesOf(timeline);
  const [most, share] = shares[0];
  if (!share) return el("p", { class: "emotion" }, el("strong", {}, "no speech"), " ", el("span", {}, "was found"));
  const silent = timeline.windows.filter((each) => each.emotion === null).length;
  const adapted = timeline.normalise === "none" ? "not adapted to the voice" : "adapted to the voice";
  return el("div", {},
    el("p", { class: "emotion" }, el("strong", {}, most), " ", el("span", {}, `${percent(share)} of the speech`)),
    el("p", { class: "set" }, `${timeline.windows.length} windows, ${adapted}; no answer for ${silent} of them.`),
    bars("Share of the speech", shares, most),
    el("p", { class: "small" }, emotion ? `Share of the speech. One label for all of it would be ${emotion}, ${percent(probabilities[emotion])}.` : "Share of the speech."));
}

/** Why: acoustic words and families of descriptors, with bars to both sides. */
function explanation(why) {
  const strongest = (entries) => Math.max(...entries.map(([, value]) => Math.abs(value)), 1e-9);
  const sided = (caption, entries) => {
    const most = strongest(entries);
    return el("table", { class: "bars sided" }, el("caption", {}, caption), el("tbody", {}, entries.map(([name, value]) => {
      const bar = el("div", { class: value < 0 ? "bar against" : "bar" });
      bar.style.width = `${(50 * Math.abs(value)) / most}%`;
      return el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "track", "aria-hidden": "true" }, bar),
        el("td", { class: "number" }, `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`));
    })));
  };
  const words = why.words.slice(0, 7).map((each) => [each.phrase, each.contribution]);
  const method = why.method === "occlusion"
    ? "Approximate: change of the log-odds when these features are left out."
    : "Exact parts of the log-odds of this answer.";
  return el("details", { class: "why" },
    el("summary", {}, `Why ${why.emotion}`),
    sided(`For (right) and against (left) ${why.emotion}, compared with ${why.against}`, words),
    sided("By family of descriptors", Object.entries(why.families).slice(0, 8)),
    el("p", { class: "small" }, method));
}

/** What happened to the file on its way to the server. */
export function sourceText(entry, result) {
  const length = result ? duration(result.end_s - result.start_s) : "";
  const kind = entry.recorded ? "recorded here" : entry.converted ? "decoded by this browser, sent as WAV" : "";
  return [length, kind].filter(Boolean).join(" · ");
}

/** One sentence for screen readers. */
export function spoken(entry, documents) {
  const words = (result) => {
    if (result.timeline) return shareWords(result.timeline);
    return result.answered ? `${result.emotion}, ${percent(result.probabilities[result.emotion])}.` : "no answer.";
  };
  return documents.map(({ document, result }) => `${entry.name}, ${document.model}: ${words(result)}`).join(" ");
}

/** All answers as a CSV file with the columns of `featser predict --format csv`, and the model first. */
export function toCsv(documents) {
  const emotions = [...new Set(documents.flatMap((each) => each.results.flatMap((one) => Object.keys(one.probabilities))))].sort();
  const cell = (value) => (/[",\n\r]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const head = ["model", "path", "start_s", "end_s", "emotion", ...emotions.map((name) => `p_${name}`), "flags", "set", "p_value"];
  const lines = documents.flatMap((document) => document.results.map((each) => [
    document.model, each.path, each.start_s, each.end_s, each.emotion ?? "",
    ...emotions.map((name) => each.probabilities[name] ?? ""), each.flags.join(" "), each.set.join(";"), each.p_value,
  ]));
  return [head, ...lines].map((line) => line.map(cell).join(",")).join("\n") + "\n";
}
