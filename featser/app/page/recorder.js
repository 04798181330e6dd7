/** Record the microphone as samples, without the processing of browsers that changes loudness and timbre. */

import { encodeWav } from "./audio.js";

const CONSTRAINTS = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 } },
};

/** Why a microphone cannot be used, as a sentence. */
function reason(error) {
  if (error.name === "NotAllowedError") return "The browser refused the microphone. Allow it for this page, or choose a file.";
  if (error.name === "NotFoundError") return "No microphone was found. Connect one, or choose a file.";
  return `The microphone cannot be used (${error.message || error.name}). Choose a file instead.`;
}

/** A running recording; `stop()` returns it as samples and as a WAV file. */
export class Recording {
  static async start(onBlock) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("Browsers record on https and on localhost only. Open http://127.0.0.1, or choose a file.");
    }
    const recording = new Recording();
    try {
      recording.stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
      recording.context = new AudioContext();
      await recording.context.audioWorklet.addModule("capture.js");
      await recording.context.resume();
    } catch (error) {
      recording.release();
      throw new Error(reason(error));
    }
    const node = new AudioWorkletNode(recording.context, "capture", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => {
      recording.blocks.push(data);
      recording.length += data.length;
      onBlock(data, recording.seconds);
    };
    recording.context.createMediaStreamSource(recording.stream).connect(node);
    return recording;
  }

  blocks = [];
  length = 0;

  get seconds() {
    return this.length / this.context.sampleRate;
  }

  /** End the recording; `name` is that of the WAV file. */
  async stop(name) {
    await new Promise((done) => setTimeout(done, 50)); // the last blocks are on their way
    const rate = this.context.sampleRate;
    this.release();
    const samples = new Float32Array(this.length);
    let at = 0;
    for (const block of this.blocks) {
      samples.set(block, at);
      at += block.length;
    }
    return { samples, rate, file: new File([encodeWav(samples, rate)], name, { type: "audio/wav" }) };
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
  }
}

/** Level of a block in dB of full scale. */
export function decibels(block) {
  let sum = 0;
  for (const sample of block) sum += sample * sample;
  return 10 * Math.log10(sum / block.length + 1e-12);
}
