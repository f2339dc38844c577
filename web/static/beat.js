// A clock of its own: browsers slow down the timers of pages that aren't looked at, but not a worker's.
setInterval(() => postMessage(0), 5000);
