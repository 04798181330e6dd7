/** Audio worklet that hands the samples of the microphone to the page, unchanged. */

class Capture extends AudioWorkletProcessor {
  process([channels]) {
    if (channels?.length) {
      const block = Float32Array.from(channels[0]);
      for (const channel of channels.slice(1)) channel.forEach((sample, at) => (block[at] += sample));
      if (channels.length > 1) block.forEach((sample, at) => (block[at] = sample / channels.length));
      this.port.postMessage(block, [block.buffer]);
    }
    return true;
  }
}

registerProcessor("capture", Capture);
