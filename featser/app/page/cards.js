/** Model cards: what a model was trained on, and what it scored. */

import { el } from "./dom.js";

const number = (value, digits = 3) => (value == null ? "–" : value.toFixed(digits));
const WAYS = { none: "one unknown recording", speaker: "all recordings of the speaker" };

/** How a score was made possible, in words. */
export function wayText(way) {
  return WAYS[way] ?? `${way.replace("enrolment:", "")} enrolled recordings of the speaker`;
}

/** Score that applies to answers under a normalisation, as `Model.score_of`. */
export function scoreOf(scores, way) {
  if (scores[way]) return scores[way];
  const measured = scores.speaker?.enrolment ?? {};
  const n = Number(way.replace("enrolment:", ""));
  const size = Math.max(...Object.keys(measured).map(Number).filter((each) => each <= n));
  return size > 0 ? { ...scores.speaker, ...measured[size] } : scores.none;
}

/** One sentence about the score that applies to a single recording. */
export function scoreText(card) {
  const score = card.scores.none;
  const interval = score.uar_low == null ? "" : ` [${number(score.uar_low)}, ${number(score.uar_high)}]`;
  const kind = score.leaky ? "score inflated by leakage" : `${score.n_speakers} unseen speakers`;
  return `UAR ${number(score.uar)}${interval} on ${kind} of ${card.training.corpus}`;
}

function scoreTable(card) {
  const curve = Object.entries(card.scores.speaker?.enrolment ?? {}).map(([n, score]) => [`enrolment:${n}`, score]);
  const ways = [["none", card.scores.none], ...curve, ...Object.entries(card.scores).filter(([way]) => way !== "none")];
  const rows = ways.map(([way, score]) => el("tr", {},
    el("th", { scope: "row" }, wayText(way), score.leaky && el("strong", { class: "stamp" }, "LEAKY")),
    el("td", { class: "number" }, number(score.uar)),
    el("td", {}, score.uar_low == null ? "–" : `${number(score.uar_low)} to ${number(score.uar_high)}`),
    el("td", { class: "number" }, number(score.macro_f1)),
    el("td", { class: "number" }, score.conformal ? `${Math.round(100 * score.conformal.coverage)} %` : "–")));
  return el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": `Scores of ${card.name}` },
    el("table", {},
      el("thead", {}, el("tr", {}, ["known of the voice", "UAR", "95 % interval", "macro-F1", "set coverage"]
        .map((text, at) => el("th", { scope: "col", class: [1, 3, 4].includes(at) ? "number" : null }, text)))),
      el("tbody", {}, rows)));
}

function recallTable(card) {
  const recall = card.scores.none.recall ?? {};
  const rows = Object.entries(recall).map(([emotion, value]) => {
    const bar = el("div", { class: "bar" });
    bar.style.width = `${100 * value}%`;
    return el("tr", {}, el("th", { scope: "row" }, emotion), el("td", { class: "track", "aria-hidden": "true" }, bar),
      el("td", { class: "number" }, value.toFixed(2)));
  });
  return el("table", { class: "bars" }, el("caption", {}, "Recall by emotion, one unknown recording"), el("tbody", {}, rows));
}

/** What the guard rejects, in words. */
function guardText(score) {
  if (!score.guard) return null;
  const shares = Object.values(score.guard.caught);
  const caught = shares.reduce((sum, each) => sum + each, 0) / shares.length;
  return `no answer for ${(100 * score.guard.false_alarms).toFixed(1)} % of the recordings of unseen speakers, and for ` +
    `${Math.round(100 * caught)} % of sounds that are no speech (${Object.keys(score.guard.caught).join(", ")})`;
}

/** Card of a model. */
export function cardOf(card, open) {
  const { training, pipeline } = card;
  const copies = training.n_copies ? ` and ${training.n_copies} augmented copies` : "";
  const facts = {
    "trained on": `${training.n_utterances - (training.n_copies ?? 0)} utterances of ${training.corpus}, ${training.n_speakers} speakers${copies}`,
    classifier: pipeline.title || pipeline.model,
    features: `${card.n_features} of the set ${card.features}${card.clean.length ? `, cleaned by ${card.clean.join(", ")}` : ""}`,
    protocol: card.scores.none.protocol,
    guard: guardText(card.scores.none),
    versions: Object.entries(card.versions).map(([name, version]) => `${name} ${version}`).join(", "),
    file: `SHA-256 ${card.sha256?.slice(0, 16)} …`,
  };
  return el("details", { class: "card", open },
    el("summary", {}, el("h3", {}, card.name), " ", el("small", {}, scoreText(card))),
    el("p", { class: "meaning" }, "UAR is the mean recall over the emotions, for speakers that the model never heard. Voices, languages and recordings that differ from the training corpus score lower."),
    scoreTable(card),
    el("div", { class: "panel" },
      el("div", {}, recallTable(card)),
      el("dl", {}, Object.entries(facts).filter(([, text]) => text).flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]))),
    el("details", { class: "raw" }, el("summary", {}, "The whole card as JSON"),
      el("pre", { tabindex: "0" }, JSON.stringify(card, null, 1))));
}
