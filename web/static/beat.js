// A separate clock: browsers throttle the timers of hidden pages, but not a worker's.
onmessage = (event) => setInterval(() => postMessage(0), event.data);
