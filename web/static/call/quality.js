// How well sound and picture arrive, from the browser's own statistics.
import { qualityOf } from "./state.js";

export class Quality {
  constructor() {
    this.bytes = 0;
    this.lost = 0;
    this.received = 0;
    this.flowing = true;
    /** @type {"good" | "fair" | "poor"} */
    this.level = "good";
    this.quiet = 0;
  }

  /** Look again, about every two seconds. @param {RTCPeerConnection} pc */
  async measure(pc) {
    let bytes = 0;
    let lost = 0;
    let received = 0;
    let roundTrip = 0;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        bytes += report.bytesReceived ?? 0;
        lost += report.packetsLost ?? 0;
        received += report.packetsReceived ?? 0;
      } else if (report.type === "candidate-pair" && report.nominated) {
        bytes += report.bytesReceived ?? 0;
        roundTrip = Math.max(roundTrip, report.currentRoundTripTime ?? 0);
      }
    }
    const packets = lost - this.lost + (received - this.received);
    if (packets > 0) this.level = qualityOf(Math.max(0, lost - this.lost) / packets, roundTrip);
    // Even with both sides muted, connection checks and reports keep arriving.
    this.quiet = bytes > this.bytes ? 0 : this.quiet + 1;
    this.flowing = this.quiet < 2;
    Object.assign(this, { bytes, lost, received });
  }
}
