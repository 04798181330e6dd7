/** Decode and convert recordings in the browser; WAV files and spectra. */

const DISPLAY_RATE = 16000;
const WINDOW = 400; // 25 ms
const N_FFT = 512;
export const HIGHEST_HZ = 5500;
export const N_BINS = Math.round((HIGHEST_HZ / DISPLAY_RATE) * N_FFT);

/** Formats that the server does not read and browsers do, by their first bytes. */
function needsConversion(head) {
  const text = String.fromCharCode(...head);
  const isWebM = text.startsWith("\x1a\x45\xdf\xa3");
  const isMp4 = text.startsWith("ftyp", 4);
  const isAac = head[0] === 0xff && (head[1] === 0xf1 || head[1] === 0xf9);
  return isWebM || isMp4 || isAac;
}

/** What is sent to the server: the file itself, or for WebM, MP4 and AAC a WAV file of its decoded samples. */
export async function prepared(file, maxBytes) {
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  if (!needsConversion(head)) return { file, converted: false };
  let decoded;
  try {
    decoded = await decode(await file.arrayBuffer(), 48000);
  } catch {
    throw new Error("This browser cannot decode the file. Convert it to .wav and send that.");
  }
  const samples = mono(decoded);
  const fits = 2 * samples.length + 44 <= maxBytes;
  const wav = fits ? encodeWav(samples, 48000) : encodeWav(mono(await decode(await file.arrayBuffer(), 16000)), 16000);
  return { file: new File([wav], file.name.replace(/\.[^.]*$/, "") + ".wav", { type: "audio/wav" }), converted: true };
}

/** Samples of a file for display, at 16 kHz. */
export async function displayed(file) {
  return mono(await decode(await file.arrayBuffer(), DISPLAY_RATE));
}

function decode(bytes, rate) {
  return new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
}

/** Mean of the channels. */
function mono(buffer) {
  const first = buffer.getChannelData(0);
  if (buffer.numberOfChannels === 1) return first;
  const mean = Float32Array.from(first);
  for (let channel = 1; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let at = 0; at < mean.length; at++) mean[at] += samples[at];
  }
  for (let at = 0; at < mean.length; at++) mean[at] /= buffer.numberOfChannels;
  return mean;
}

/** Mono WAV file of 16-bit integers. */
export function encodeWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  for (let at = 0; at < samples.length; at++) {
    const value = Math.round(samples[at] * 32768);
    view.setInt16(44 + 2 * at, Math.max(-32768, Math.min(32767, value)), true);
  }
  return view.buffer;
}

/** Lowest and highest sample of each of `n` parts, and the peak. */
export function envelope(samples, n) {
  const low = new Float32Array(n);
  const high = new Float32Array(n);
  let peak = 0;
  for (let part = 0; part < n; part++) {
    const end = Math.max(Math.floor(((part + 1) * samples.length) / n), Math.floor((part * samples.length) / n) + 1);
    for (let at = Math.floor((part * samples.length) / n); at < end && at < samples.length; at++) {
      if (samples[at] < low[part]) low[part] = samples[at];
      if (samples[at] > high[part]) high[part] = samples[at];
    }
    peak = Math.max(peak, high[part], -low[part]);
  }
  return { low, high, peak };
}

/** Levels in dB of `n` spectra of 25 ms at equal distances, `N_BINS` values each. */
export function spectrogram(samples, n) {
  const levels = new Float32Array(n * N_BINS);
  const taper = Float32Array.from({ length: WINDOW }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / WINDOW));
  const real = new Float32Array(N_FFT);
  const imaginary = new Float32Array(N_FFT);
  for (let column = 0; column < n; column++) {
    const start = Math.round(((column + 0.5) * samples.length) / n) - WINDOW / 2;
    real.fill(0);
    imaginary.fill(0);
    for (let at = 0; at < WINDOW; at++) real[at] = (samples[start + at] ?? 0) * taper[at];
    transform(real, imaginary);
    for (let bin = 0; bin < N_BINS; bin++) {
      levels[column * N_BINS + bin] = 10 * Math.log10(real[bin] ** 2 + imaginary[bin] ** 2 + 1e-12);
    }
  }
  return levels;
}

/** Fourier transform in place (radix 2, decimation in time). */
function transform(real, imaginary) {
  const n = real.length;
  for (let at = 1, other = 0; at < n; at++) {
    let bit = n >> 1;
    for (; other & bit; bit >>= 1) other ^= bit;
    other ^= bit;
    if (at < other) {
      [real[at], real[other]] = [real[other], real[at]];
      [imaginary[at], imaginary[other]] = [imaginary[other], imaginary[at]];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1;
    for (let k = 0; k < half; k++) {
      const cosine = Math.cos((-2 * Math.PI * k) / size);
      const sine = Math.sin((-2 * Math.PI * k) / size);
      for (let low = k; low < n; low += size) {
        const high = low + half;
        const re = real[high] * cosine - imaginary[high] * sine;
        const im = real[high] * sine + imaginary[high] * cosine;
        real[high] = real[low] - re;
        imaginary[high] = imaginary[low] - im;
        real[low] += re;
        imaginary[low] += im;
      }
    }
  }
}
