// The player of one call: <audio> for the sound, a canvas for where it is.
"use strict";
(() => {
  const box = document.getElementById("player");
  if (!box) return;
  const byId = (id) => document.getElementById(id);
  const audio = byId("audio"), wave = byId("wave"), play = byId("play");
  let found = null, wanted = 0; // `wanted`: where to begin, before the sound is there

  const position = () => (audio.readyState ? audio.currentTime * 1000 : wanted);
  const show = () => {
    const at = position();
    byId("position").textContent = window.offhook.duration(at);
    wave.setAttribute("aria-valuenow", String(Math.round(at / 1000)));
    wave.setAttribute("aria-valuetext", window.offhook.duration(at));
    if (found) window.offhookWave.picture(wave, found, at);
  };
  const seek = (ms) => {
    const end = found ? found.duration_ms : Infinity;
    wanted = Math.min(Math.max(0, ms), Math.max(0, end - 50));
    if (audio.readyState) audio.currentTime = wanted / 1000;
    show();
  };
  const fail = (reason) => {
    const line = byId("opening");
    line.hidden = false; line.className = "alert"; line.textContent = box.dataset.failed.replace("…", reason);
  };
  const toggle = async () => {
    if (!audio.paused) return audio.pause();
    try { await audio.play(); } catch (error) { if (error.name !== "AbortError") fail(error.message); }
  };
  const turn = () => {
    box.classList.toggle("playing", !audio.paused);
    const word = audio.paused ? box.dataset.play : box.dataset.pause;
    play.title = word; play.setAttribute("aria-label", word);
    if (!audio.paused) follow();
  };
  const follow = () => { show(); if (!audio.paused) requestAnimationFrame(follow); };
  const points = () => [...(found?.marks || []), ...(found?.gaps || [])].map((each) => each.at_ms).sort((a, b) => a - b);
  const jump = (forwards) => {
    const at = position(), all = points();
    const to = forwards ? all.find((each) => each > at + 200) : all.reverse().find((each) => each < at - 700);
    seek(to ?? (forwards ? at : 0));
  };

  audio.addEventListener("loadedmetadata", () => { if (wanted) audio.currentTime = wanted / 1000; });
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, turn);
  for (const name of ["seeked", "timeupdate"]) audio.addEventListener(name, show);
  play.addEventListener("click", toggle);
  byId("back").addEventListener("click", () => seek(position() - 10000));
  byId("forward").addEventListener("click", () => seek(position() + 10000));
  byId("previous").addEventListener("click", () => jump(false));
  byId("next").addEventListener("click", () => jump(true));
  byId("speed").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
  byId("marks").addEventListener("click", (event) => {
    const mark = event.target.closest("[data-at]");
    if (mark) seek(Number(mark.dataset.at));
  });
  wave.addEventListener("pointerdown", (event) => {
    const area = wave.getBoundingClientRect();
    if (found) seek(((event.clientX - area.left) / area.width) * found.duration_ms);
  });

  const keys = {
    " ": toggle, k: toggle, ArrowLeft: () => seek(position() - 5000), ArrowRight: () => seek(position() + 5000),
    j: () => seek(position() - 10000), l: () => seek(position() + 10000), "[": () => jump(false), "]": () => jump(true),
    Home: () => seek(0), End: () => seek(Infinity),
  };
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, select, textarea, summary, a, button");
    const taken = busy && (event.key === " " || event.key.startsWith("Arrow") || event.target.matches("input, select, textarea"));
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || taken || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  fetch(box.dataset.picture, { headers: { Accept: "application/json" } }).then(async (answer) => {
    const body = await answer.json();
    if (!answer.ok) return fail(body.detail);
    found = body;
    byId("opening").hidden = true;
    byId("total").textContent = window.offhook.duration(found.duration_ms);
    wave.setAttribute("aria-valuemax", String(Math.round(found.duration_ms / 1000)));
    if (found.fault) fail(found.fault);
    show();
  }, (error) => fail(error.message));
  new ResizeObserver(show).observe(wave);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
})();
