/** Pictures of a recording: waveform, spectrogram, pitch and timeline on one axis of time. */

import { HIGHEST_HZ, N_BINS, envelope, spectrogram } from "./audio.js";
import { clock, el, joined, percent } from "./dom.js";

const MARGIN = { left: 72, right: 8 };
const HEIGHTS = { wave: 64, spectrum: 132, pitch: 84, axis: 20, row: 22, gap: 10 };
const PITCH_RANGE = [60, 500];
const RANGE_DB = 65;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Canvas of a figure at the resolution of the screen. */
function prepare(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  return context;
}

/** Round step between ticks of an axis of time, at most `n` of them. */
function tickStep(seconds, n) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
  return steps.find((step) => seconds / step <= n) ?? 1200;
}

function drawTimeAxis(context, seconds, plot, top) {
  const step = tickStep(seconds, plot.width / 70);
  context.fillStyle = colour("quiet");
  context.textAlign = "center";
  for (let n = 0; n * step <= seconds + 1e-9; n++) {
    const x = Math.max(14, plot.left + (n * step * plot.width) / seconds);
    const text = seconds >= 60 ? clock(n * step) : `${(n * step).toFixed(step < 1 ? 1 : 0)}`;
    if (n === 0 || x < plot.left + plot.width - 30) context.fillText(text, x, top + 11);
  }
  context.textAlign = "right";
  context.fillText(seconds >= 60 ? "min" : "s", plot.left + plot.width, top + 11);
}

function drawLabel(context, text, y) {
  context.fillStyle = colour("quiet");
  context.textAlign = "right";
  context.fillText(text, MARGIN.left - 6, y);
}

function drawWave(context, samples, plot, top) {
  const { low, high, peak } = envelope(samples, Math.max(1, Math.round(plot.width)));
  const middle = top + HEIGHTS.wave / 2;
  const scale = (HEIGHTS.wave / 2 - 1) / Math.max(peak, 1e-4);
  context.fillStyle = colour("other");
  for (let at = 0; at < low.length; at++) {
    const height = Math.max(1, (high[at] - low[at]) * scale);
    context.fillRect(plot.left + at, middle - high[at] * scale, 1, height);
  }
  drawLabel(context, "wave", middle);
  return peak;
}

function drawSpectrum(context, samples, plot, top) {
  const n = Math.max(1, Math.min(Math.round(plot.width), Math.ceil(samples.length / 40)));
  const levels = spectrogram(samples, n);
  const loudest = levels.reduce((most, level) => Math.max(most, level), -120);
  const [from, to] = [channels(colour("page")), channels(colour("deep"))];
  const image = new ImageData(n, N_BINS);
  for (let column = 0; column < n; column++) {
    for (let bin = 0; bin < N_BINS; bin++) {
      const share = Math.max(0, 1 + (levels[column * N_BINS + bin] - loudest) / RANGE_DB) ** 1.4;
      const at = 4 * ((N_BINS - 1 - bin) * n + column);
      for (let part = 0; part < 3; part++) image.data[at + part] = from[part] + share * (to[part] - from[part]);
      image.data[at + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(n, N_BINS);
  small.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(small, plot.left, top, plot.width, HEIGHTS.spectrum);
  for (const kilohertz of [1, 3, 5]) {
    drawLabel(context, `${kilohertz} kHz`, top + HEIGHTS.spectrum * (1 - (1000 * kilohertz) / HIGHEST_HZ));
  }
}

function drawPitch(context, pitch, seconds, plot, top) {
  const [lowest, highest] = PITCH_RANGE.map(Math.log2);
  const place = (hz) => top + HEIGHTS.pitch * (1 - (Math.log2(hz) - lowest) / (highest - lowest));
  context.strokeStyle = colour("rule");
  context.lineWidth = 1;
  for (const hz of [75, 150, 300]) {
    const y = Math.round(place(hz)) + 0.5;
    context.beginPath();
    context.moveTo(plot.left, y);
    context.lineTo(plot.left + plot.width, y);
    context.stroke();
    drawLabel(context, `${hz} Hz`, y);
  }
  context.strokeStyle = colour("pitch");
  context.lineWidth = seconds > 60 ? 1 : 2;
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  let voiced = false;
  pitch.hz.forEach((hz, at) => {
    if (hz !== null) {
      const x = plot.left + Math.min(1, (at * pitch.step_s) / seconds) * plot.width;
      if (voiced) context.lineTo(x, place(hz));
      else {
        context.moveTo(x, place(hz));
        context.lineTo(x + 0.5, place(hz));
      }
    }
    voiced = hz !== null;
  });
  context.stroke();
}

/** One row per emotion: the stronger the colour, the more probable; below, a line where the emotion is the answer. */
function drawTimeline(context, timeline, seconds, width) {
  const [from, to] = [channels(colour("wash")), channels(colour("deep"))];
  const across = (second) => (Math.min(second, seconds) * width) / seconds;
  timeline.emotions.forEach((emotion, row) => {
    const y = row * HEIGHTS.row + 2;
    context.fillStyle = colour("wash");
    context.fillRect(0, y, width, 12);
    timeline.windows.forEach((window, at) => {
      const end = Math.min(window.end_s, timeline.windows[at + 1]?.start_s ?? window.end_s);
      const share = window.probabilities[emotion];
      context.fillStyle = `rgb(${from.map((value, part) => Math.round(value + share * (to[part] - value))).join(" ")})`;
      context.fillRect(across(window.start_s), y, Math.max(1, across(end) - across(window.start_s)), 12);
    });
    context.fillStyle = colour("pitch");
    for (const segment of timeline.segments.filter((each) => each.emotion === emotion)) {
      context.fillRect(across(segment.start_s), y + 13, Math.max(1, across(segment.end_s) - across(segment.start_s)), 3);
    }
  });
}

/** What a listener of the page would see in the pitch track. */
function pitchWords(pitch) {
  const voiced = (pitch?.hz ?? []).filter((hz) => hz !== null).sort((a, b) => a - b);
  if (!voiced.length) return "no voiced part";
  const at = (share) => Math.round(voiced[Math.min(voiced.length - 1, Math.floor(share * voiced.length))]);
  return `median ${at(0.5)} Hz, mostly ${at(0.1)} to ${at(0.9)} Hz`;
}

/** Figure of a recording; `seek` is called with the time that was clicked. */
export class Figure {
  constructor(seek) {
    this.canvas = el("canvas", { role: "img", onclick: (event) => this.seek(event, seek) });
    this.head = el("div", { class: "playhead", hidden: true });
    this.caption = el("figcaption", {}, "Waveform, spectrogram and pitch");
    this.node = el("figure", { class: "recording" }, this.caption, el("div", { class: "plot" }, this.canvas, this.head));
    new ResizeObserver(() => this.draw()).observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(true));
  }

  set(parts) {
    Object.assign(this, parts);
    this.draw(true);
  }

  draw(again = false) {
    const width = Math.floor(this.node.clientWidth);
    if (!this.samples?.length || !width || (width === this.width && !again)) return;
    this.width = width;
    this.seconds = this.samples.length / 16000;
    const plot = { left: MARGIN.left, width: width - MARGIN.left - MARGIN.right };
    const n = { pitch: this.pitch ? HEIGHTS.pitch + HEIGHTS.gap : 0, axis: HEIGHTS.axis };
    const context = prepare(this.canvas, width, HEIGHTS.wave + HEIGHTS.gap + HEIGHTS.spectrum + n.pitch + n.axis);
    const peak = drawWave(context, this.samples, plot, 0);
    drawSpectrum(context, this.samples, plot, HEIGHTS.wave + HEIGHTS.gap);
    const bottom = HEIGHTS.wave + HEIGHTS.gap + HEIGHTS.spectrum;
    if (this.pitch) drawPitch(context, this.pitch, this.seconds, plot, bottom + HEIGHTS.gap);
    drawTimeAxis(context, this.seconds, plot, bottom + n.pitch);
    const loudness = `peak ${(20 * Math.log10(peak)).toFixed(1)} dB of full scale`;
    const words = this.pitch ? `; pitch: ${pitchWords(this.pitch)}` : "";
    this.caption.textContent = `Waveform (${loudness}), spectrogram${this.pitch ? " and pitch" : ""}${words}`;
    this.canvas.setAttribute("aria-label", this.caption.textContent);
  }

  seek(event, seek) {
    const x = event.offsetX - MARGIN.left;
    seek(Math.max(0, Math.min(1, x / (this.width - MARGIN.left - MARGIN.right))) * this.seconds);
  }

  /** Show the place of the player. */
  follow(second) {
    this.head.hidden = !this.seconds;
    const share = Math.min(1, second / (this.seconds || 1));
    this.head.style.left = `${MARGIN.left + share * (this.width - MARGIN.left - MARGIN.right)}px`;
  }
}

/** Figure of the emotions over a long recording; `name` is that of the model. */
export function timelineFigure(timeline, name, seek) {
  const words = `Timeline by ${name}, windows of ${timeline.window_s} s every ${timeline.hop_s} s. Strong colour: probable; line: the answer`;
  const canvas = el("canvas", { role: "img", "aria-label": `${words}. ${shareWords(timeline)}` });
  const labels = timeline.emotions.map((emotion) => el("span", {}, emotion));
  const node = el("figure", { class: "timeline" },
    el("figcaption", {}, words),
    el("div", { class: "rows" }, el("div", { class: "names", "aria-hidden": "true" }, labels), el("div", { class: "plot" }, canvas)),
    segmentTable(timeline, seek));
  const height = timeline.emotions.length * HEIGHTS.row;
  const draw = () => {
    const width = Math.floor(canvas.parentElement.clientWidth);
    if (!width) return;
    const context = prepare(canvas, width, height + HEIGHTS.axis);
    drawTimeline(context, timeline, timeline.duration_s, width);
    drawTimeAxis(context, timeline.duration_s, { left: 0, width }, height);
  };
  canvas.addEventListener("click", (event) => seek((event.offsetX / canvas.clientWidth) * timeline.duration_s));
  new ResizeObserver(draw).observe(node);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return node;
}

/** Segments with their times, each of which moves the player. */
function segmentTable(timeline, seek) {
  const rows = timeline.segments.map((each) => el("tr", {},
    el("td", {}, el("button", { type: "button", class: "link", onclick: () => seek(each.start_s) }, clock(each.start_s)), ` to ${clock(each.end_s)}`),
    el("th", { scope: "row" }, each.emotion),
    el("td", { class: "number" }, each.probability.toFixed(2))));
  return el("details", {}, el("summary", {}, `${rows.length} segments`),
    el("div", { class: "scroll tall", role: "region", tabindex: "0", "aria-label": "Segments" }, el("table", {},
      el("thead", {}, el("tr", {}, ["time", "emotion", "probability"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows))));
}

/** Share of the speech that each emotion has, the largest first. */
export function sharesOf(timeline) {
  const seconds = Object.fromEntries(timeline.emotions.map((emotion) => [emotion, 0]));
  for (const each of timeline.segments) seconds[each.emotion] += each.end_s - each.start_s;
  const all = Object.values(seconds).reduce((sum, each) => sum + each, 0);
  return Object.entries(seconds).map(([emotion, n]) => [emotion, all ? n / all : 0]).sort((a, b) => b[1] - a[1]);
}

/** The emotions of the speech in words. */
export function shareWords(timeline) {
  const found = sharesOf(timeline).filter(([, share]) => share > 0);
  return found.length ? `Of the speech: ${joined(found.map(([emotion, share]) => `${emotion} ${percent(share)}`), "and")}.` : "No speech was found.";
}
