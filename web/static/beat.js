// A clock of its own: browsers slow down the timers of pages that aren't looked at, but not a worker's.
onmessage = (event) => setInterval(() => postMessage(0), event.data);
