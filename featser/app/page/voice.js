/** Enrolment: clips of a voice that the models are adapted to, from sentences read aloud or from files. */

import { encodeWav, prepared } from "./audio.js";
import { scoreOf } from "./cards.js";
import { byId } from "./dom.js";

const CLIP_SECONDS = 2;

/** Harvard sentences (IEEE, 1969), two at a time. */
const SENTENCES = [
  "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background.",
  "These days a chicken leg is a rare dish. Rice is often served in round bowls.",
  "The juice of lemons makes fine punch. The box was thrown beside the parked truck.",
  "Four hours of steady work faced us. A large size in stockings is hard to sell.",
  "The boy was there when the sun rose. A rod is used to catch pink salmon.",
];

/** Recordings of the voice that a model needs. */
function needed(card) {
  if (card.normalise === "none") return 0;
  return card.normalise === "speaker" ? 3 : Number(card.normalise.replace("enrolment:", ""));
}

export class Voice {
  clips = [];
  n_read = 0;

  constructor(cards, changed) {
    this.needs = cards.map(needed).filter(Boolean);
    this.changed = changed;
    byId("voice").hidden = !this.needs.length;
    if (!this.needs.length) return;
    const adapting = cards.filter(needed);
    const adapted = (card) => scoreOf(card.scores, `enrolment:${needed(card)}`).uar;
    const gain = adapting.map((card) => `${card.name} from UAR ${card.scores.none.uar.toFixed(3)} to ${adapted(card).toFixed(3)}`);
    byId("voice-why").textContent =
      `With recordings of the same voice the answers are adapted to it: ${gain.join("; ")}. ` +
      "Read two sentences in your normal voice, in any language, or choose recordings of the voice. They are not labelled.";
    byId("forget").addEventListener("click", () => this.set([]));
    this.show();
  }

  get enough() {
    return Math.max(...this.needs, 0);
  }

  /** Clips for a model; none if there are too few for it. */
  for(card) {
    const n = needed(card);
    return n && this.clips.length >= n ? this.clips : [];
  }

  /** Cut a sentence that was read into clips of about the length of an utterance. */
  addReading({ samples, rate }) {
    const n = Math.max(1, Math.floor(samples.length / rate / CLIP_SECONDS));
    const clips = Array.from({ length: n }, (_, at) => {
      const part = samples.subarray(Math.floor((at * samples.length) / n), Math.floor(((at + 1) * samples.length) / n));
      return new File([encodeWav(part, rate)], `voice-${this.clips.length + at + 1}.wav`, { type: "audio/wav" });
    });
    this.n_read += 1;
    this.set([...this.clips, ...clips]);
  }

  async addFiles(files, maxBytes) {
    const added = await Promise.all(files.map((file) => prepared(file, maxBytes)));
    this.set([...this.clips, ...added.map((each) => each.file)]);
  }

  set(clips) {
    this.clips = clips;
    if (!clips.length) this.n_read = 0;
    this.show();
    this.changed();
  }

  show() {
    const [have, need] = [this.clips.length, this.enough];
    byId("sentence").textContent = SENTENCES[this.n_read % SENTENCES.length];
    byId("forget").hidden = !have;
    byId("voice-state").textContent = have >= need ? `on, ${have} clips` : have ? `${have} of ${need} clips` : "off";
    byId("voice-count").textContent = have >= need
      ? `${have} clips of the voice. All recordings on this page are now taken for this voice.`
      : `${have} of ${need} clips; two sentences make about four.`;
  }
}
