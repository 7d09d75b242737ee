// Hearing a call that runs: messages of sound/live.py, played by Web Audio as they come.
"use strict";
(() => {
  const box = document.getElementById("live"), button = document.getElementById("listen");
  if (!box) return;
  let heard = null;
  let settled = false; // then the page shows the recording instead: at once, or when its end has been heard
  document.body.addEventListener("settled", () => {
    settled = true;
    if (!heard) location.reload();
  });
  const level = document.getElementById("level"), told = document.getElementById("behind");
  if (!button) return;
  const LEAD_S = 0.15, RESUME_S = 0.6; // heard so long after the first piece came; and after the sound ran dry
  const STEP_MS = 40; // one column of the level

  class Listener {
    constructor() {
      this.audio = new AudioContext();
      this.stopping = new AbortController();
      this.next = 0; // audio clock: when the sample after the last one is due
      this.last = null; // the newest piece: where it ends, how old that was, and when it came
      this.levels = [];
      this.timer = setInterval(() => this.show(), 200);
    }
    async run() {
      const answer = await fetch(box.dataset.stream, { signal: this.stopping.signal, headers: { Accept: "application/json" } });
      if (answer.status === 409) throw new Error(box.dataset.notyet);
      if (!answer.ok) throw new Error((await answer.json()).detail);
      const reader = answer.body.getReader();
      let rest = new Uint8Array(0);
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return false;
        const all = new Uint8Array(rest.length + value.length);
        all.set(rest); all.set(value, rest.length);
        let at = 0;
        while (all.length - at >= 4) {
          const size = new DataView(all.buffer).getUint32(at);
          if (all.length - at < 4 + size) break;
          if (this.take(String.fromCharCode(all[at + 4]), all.slice(at + 5, at + 4 + size))) return true;
          at += 4 + size;
        }
        rest = all.slice(at);
      }
    }
    take(letter, body) {
      if (letter === "H") this.format = JSON.parse(new TextDecoder().decode(body));
      if (letter === "P") this.sound(body);
      return letter === "Z";
    }
    sound(body) {
      const view = new DataView(body.buffer), { rate_hz: rate, channels } = this.format;
      const first = Number(view.getBigUint64(0)), late = view.getUint32(8), frames = (body.length - 12) / 2 / channels;
      if (!frames) return;
      const buffer = this.audio.createBuffer(channels, frames, rate);
      for (let channel = 0; channel < channels; channel++) {
        const samples = buffer.getChannelData(channel);
        for (let i = 0; i < frames; i++) samples[i] = view.getInt16(12 + 2 * (i * channels + channel), true) / 32768;
      }
      this.peaks(buffer.getChannelData(0), Math.round((rate * STEP_MS) / 1000));
      const source = this.audio.createBufferSource();
      source.buffer = buffer;
      source.connect(this.audio.destination);
      const now = this.audio.currentTime;
      if (this.next < now + 0.02) this.next = now + (this.last ? RESUME_S : LEAD_S);
      source.start(this.next);
      this.next += frames / rate;
      this.last = { end: first + frames, late, came: performance.now() };
    }
    peaks(samples, step) {
      for (let at = 0; at < samples.length; at += step) {
        let peak = 0;
        for (let i = at; i < Math.min(at + step, samples.length); i++) peak = Math.max(peak, Math.abs(samples[i]));
        this.levels.push(Math.round(peak * 255));
      }
      this.levels.splice(0, Math.max(0, this.levels.length - 2000));
    }
    show() {
      if (!this.last) return;
      const ahead = Math.max(0, this.next - this.audio.currentTime); // seconds received and not yet heard
      const behind = (this.last.late + performance.now() - this.last.came) / 1000 + ahead;
      box.dataset.heard = String(Math.max(0, this.last.end / this.format.rate_hz - ahead));
      told.textContent = box.dataset.behind.replace("…", behind.toFixed(1));
      const hidden = Math.round((ahead * 1000) / STEP_MS);
      window.offhookWave.level(level, this.levels.slice(0, Math.max(0, this.levels.length - hidden)));
    }
    // What has come is heard to its end.
    finish() { return new Promise((done) => setTimeout(done, Math.max(0, this.next - this.audio.currentTime) * 1000)); }
    close() { clearInterval(this.timer); this.stopping.abort(); this.audio.close(); }
  }

  const stop = (word) => {
    if (heard) heard.close();
    heard = null;
    button.textContent = box.dataset.listen;
    told.setAttribute("aria-live", "polite");
    told.textContent = word;
  };
  button.addEventListener("click", async () => {
    if (heard) return stop("");
    const mine = (heard = new Listener());
    button.textContent = box.dataset.stop;
    told.textContent = box.dataset.starting;
    told.setAttribute("aria-live", "off"); // five numbers a second are for eyes alone
    try {
      const over = await mine.run();
      await mine.finish();
      if (heard === mine) stop(over ? box.dataset.over : box.dataset.broken);
      if (settled) location.reload();
    } catch (error) {
      if (heard === mine) stop(error.name === "AbortError" ? "" : error.message);
    }
  });
  addEventListener("pagehide", () => stop(""));
})();
