// Drawing sound: peaks, line events and gaps on one time axis; or a level that scrolls.
"use strict";
window.offhookWave = (() => {
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    return { wave: of("wave"), done: of("wave-done"), gap: of("gap"), text: of("dim"), line: of("line"), mark: of("text") };
  };
  const fit = (canvas) => {
    const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    const width = Math.round(box.width), height = Math.round(box.height);
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio; canvas.height = height * ratio;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  };
  // Quiet speech must be seen, and silence must look like silence: 48 dB from nothing to full height.
  const tall = (peak) => (peak > 0 ? Math.max(0, 1 + (20 * Math.log10(peak / 255)) / 48) : 0);

  const axis = (pen, width, height, duration, ink) => {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((s) => s * 1000);
    const step = steps.find((each) => (each / duration) * width >= 64) || 7200000;
    pen.fillStyle = ink.text; pen.strokeStyle = ink.line; pen.font = "11px system-ui, sans-serif"; pen.textBaseline = "bottom";
    for (let at = 0; at < duration; at += step) {
      const x = (at / duration) * width;
      pen.beginPath(); pen.moveTo(x + 0.5, 0); pen.lineTo(x + 0.5, height); pen.stroke();
      if (x < width - 34) pen.fillText(window.offhook.duration(at), x + 4, height - 2);
    }
  };
  const picture = (canvas, found, positionMs) => {
    const { pen, width, height } = fit(canvas), ink = colours(), duration = Math.max(1, found.duration_ms);
    const top = 14, bottom = height - 16, lane = (bottom - top) / found.peaks.length;
    axis(pen, width, height, duration, ink);
    found.peaks.forEach((peaks, channel) => {
      const middle = top + lane * (channel + 0.5);
      for (let x = 0; x < width; x += 2) {
        const from = Math.floor(((x / width) * duration) / found.bucket_ms);
        const to = Math.max(from + 1, Math.floor((((x + 2) / width) * duration) / found.bucket_ms));
        let peak = 0;
        for (let i = from; i < to && i < peaks.length; i++) peak = Math.max(peak, peaks[i]);
        const half = Math.max(0.5, tall(peak) * lane * 0.5);
        pen.fillStyle = (x / width) * duration < positionMs ? ink.done : ink.wave;
        pen.fillRect(x, middle - half, 1.4, half * 2);
      }
    });
    for (const gap of found.gaps) {
      const x = (gap.at_ms / duration) * width, wide = Math.max(2, (gap.lost_ms / duration) * width);
      pen.fillStyle = ink.gap; pen.globalAlpha = 0.35; pen.fillRect(x, top, wide, bottom - top); pen.globalAlpha = 1;
      pen.fillRect(x, top, wide, 3);
    }
    pen.fillStyle = ink.mark;
    for (const mark of found.marks) {
      const x = (mark.at_ms / duration) * width;
      pen.beginPath(); pen.moveTo(x - 4, 2); pen.lineTo(x + 4, 2); pen.lineTo(x, 10); pen.fill();
    }
    const x = Math.min(width - 2, (positionMs / duration) * width);
    pen.fillStyle = ink.mark; pen.fillRect(x, 0, 2, bottom);
  };
  // `levels`: 0 to 255, the newest last.
  const level = (canvas, levels) => {
    const { pen, width, height } = fit(canvas), ink = colours(), columns = Math.floor(width / 3);
    const shown = levels.slice(-columns);
    pen.fillStyle = ink.done;
    shown.forEach((peak, i) => {
      const half = Math.max(0.5, tall(peak) * height * 0.46);
      pen.fillRect(width - (shown.length - i) * 3, height / 2 - half, 2, half * 2);
    });
  };
  return { picture, level };
})();
