// Every page: the reader's clock, durations that count on, and what changed at the vault.
"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const known = document.cookie.split("; ").includes(`offhook_zone=${encodeURIComponent(zone)}`);
  if (!known) {
    document.cookie = `offhook_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=strict`;
  }

  const text = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const minutes = Math.floor(s / 60) % 60, hours = Math.floor(s / 3600);
    const tail = String(s % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
  };
  window.offhook = { duration: text };
  const count = () => {
    for (const each of document.querySelectorAll("[data-since]")) {
      each.textContent = text(Date.now() - Number(each.dataset.since));
    }
  };
  count();
  setInterval(count, 1000);
  document.addEventListener("htmx:afterSettle", count);

  const filter = document.querySelector(".filterbox:not([data-asked])");
  if (filter && matchMedia("(max-width: 719px)").matches) filter.open = false;

  // One stream of events a page, only while it is seen: a browser keeps no more than six connections.
  const kinds = document.body.dataset.follow, call = document.body.dataset.call;
  if (!kinds) return;
  // Many events in a moment are one: the page asks a moment after the first of them, and misses none.
  const waiting = new Set();
  const tell = (name, afterMs) => {
    if (waiting.has(name)) return;
    waiting.add(name);
    setTimeout(() => { waiting.delete(name); document.body.dispatchEvent(new CustomEvent(name)); }, afterMs);
  };
  let source = null, missed = false;
  const changed = (kind, about) => {
    if (kind === "enrolled") location.reload();
    tell(`changed-${about.desk}`, 150);
    tell("desks-changed", 1000);
    if (kind !== "health" && kind !== "state") tell("calls-changed", 250);
    if (call && about.call === call && (kind === "recording" || kind === "quarantine")) tell("settled", 100);
    if (call && about.desk === call.split("/")[0] && kind === "ledger") tell("entered", 500);
  };
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(`/events?kinds=${encodeURIComponent(kinds)}`);
    source.onopen = () => {
      document.getElementById("lost").hidden = true;
      if (missed) for (const each of document.querySelectorAll("[hx-trigger*='changed']")) {
        htmx.trigger(each, each.getAttribute("hx-trigger").split(" ")[0]);
      }
      missed = false;
    };
    source.onerror = () => { missed = true; document.getElementById("lost").hidden = false; };
    for (const kind of kinds.split(",")) {
      source.addEventListener(kind, (event) => changed(kind, JSON.parse(event.data)));
    }
  };
  const close = () => { if (source) { source.close(); source = null; missed = true; } };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  open();

  // A call that was not settled when its page was made continues by itself.
  const state = document.body.dataset.state;
  if (call && ["arriving", "unsettled"].includes(state)) document.body.addEventListener("settled", () => location.reload());
})();
