// What the call's page shows: one pure function of what is known, and the sentences for it. The server holds the truth
// about the call; the browser knows only whether sound and picture arrive.

/**
 * @typedef {"checking" | "waiting" | "ready" | "connecting" | "connected" | "reconnecting" | "lost" | "ended" | "rating"}
 *   CallState
 * @typedef {"customer" | "agent"} Side
 * @typedef {"unknown" | "here" | "left" | "lost"} OtherState
 * @typedef {{call: string, over: boolean, current: boolean, other: OtherState, otherPage: string}} Told
 *   What the server says.
 * @typedef {{
 *   side: Side, team: string, told: Told, entered: boolean, checking: boolean, media: "none" | "new" | "flowing" | "broken",
 *   connectedBefore: boolean, left: boolean, reachable: boolean,
 * }} Facts
 */

/** @type {Told} */
export const NOTHING = { call: "waiting", over: false, current: true, other: "unknown", otherPage: "" };

/** @param {Facts} facts @returns {CallState} */
export function stateOf(facts) {
  const { told } = facts;
  const taken = told.call === "taken" || told.call === "on_call";
  if (told.over) return "ended";
  if (!facts.entered || !told.current) {
    if (facts.checking && told.current) return "checking";
    return taken || !told.current ? "ready" : "waiting";
  }
  if (told.other === "left") return "lost";
  if (facts.media === "flowing") return "connected";
  if (told.other === "lost") return "lost";
  if (!taken) return facts.connectedBefore ? "lost" : "waiting";
  if (facts.media === "broken" || (facts.connectedBefore && facts.media === "new")) return "reconnecting";
  return told.other === "here" ? "connecting" : "waiting";
}

/**
 * The line, and below it what happens next.
 * @param {Facts} facts
 * @returns {[string, string]}
 */
export function wordsOf(facts) {
  const { told, side } = facts;
  const state = stateOf(facts);
  const somebody = side === "customer" ? `someone from ${facts.team}` : "the customer";
  const Somebody = somebody[0].toUpperCase() + somebody.slice(1);
  if (state === "ended") {
    return side === "customer" ? ["The call has ended.", "Thank you."] : ["The call is over for you.", "If you held it, write the wrap-up at your desk."];
  }
  if (!told.current) return ["This call is open in another window.", "You can continue here instead."];
  if (facts.left && state !== "connected") return ["You have left the call.", "You can join again."];
  if (!facts.reachable && state !== "connected") return ["You seem to be offline.", "We keep trying; please stay on this page."];
  switch (state) {
    case "checking":
      return ["Can you see and hear yourself?", "Nobody else sees or hears you yet."];
    case "ready":
      return told.other === "here"
        ? [`${Somebody} is in the call.`, "Join when you are ready."]
        : ["You can join the call.", side === "customer" ? `${Somebody} will be there in a moment.` : ""];
    case "connecting":
      return [`Connecting you with ${somebody} …`, ""];
    case "connected":
      return [`You are talking with ${somebody}.`, "Nothing is recorded."];
    case "reconnecting":
      return ["The connection was interrupted.", "We are reconnecting; please stay on this page."];
    case "lost":
      return lostWords(facts);
    default:
      return facts.entered
        ? ["You are in the call.", waitingWords(facts)]
        : ["Your call takes place on this page.", "You can check your camera and microphone now."];
  }
}

/** @param {Facts} facts @returns {string} */
function waitingWords({ side, team, told }) {
  if (side === "agent") return "The customer has not connected yet.";
  const taken = told.call === "taken" || told.call === "on_call";
  return taken ? `Someone from ${team} is joining you.` : "Somebody will join you here, without another click.";
}

/** @param {Facts} facts @returns {[string, string]} */
function lostWords({ side, told }) {
  if (side === "agent") {
    return told.other === "left"
      ? ["The customer has left the call.", "They can come back by their link."]
      : ["We lost the customer, trying again.", "They may have no network; they can come back by their link."];
  }
  if (told.call === "waiting" || told.call === "offered") {
    return ["We lost the other side.", "We are finding somebody else; please stay on this page."];
  }
  return ["We lost the other side, trying again.", "If they don’t come back, somebody else will join you here."];
}

/**
 * How good the connection is: shares lost and round trip in seconds.
 * @param {number} lost @param {number} roundTrip @returns {"good" | "fair" | "poor"}
 */
export function qualityOf(lost, roundTrip) {
  if (lost > 0.08 || roundTrip > 0.8) return "poor";
  return lost > 0.02 || roundTrip > 0.3 ? "fair" : "good";
}

/** Text without what hides or reverses text, cut to a length. @param {unknown} text @param {number} most */
export function plain(text, most) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "").slice(0, most);
}

/**
 * Why camera or microphone can't be used, in words.
 * @param {unknown} error @param {string} device
 */
export function refusalWords(error, device) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") {
    return `Your browser does not let this page use your ${device}. Allow it beside the address, or go on without.`;
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") return `We found no ${device} on this device.`;
  if (name === "NotReadableError") return `Your ${device} is in use by another program.`;
  return `Your ${device} could not be started.`;
}
