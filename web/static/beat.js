// A separate clock: browsers throttle timers in hidden pages, but not in workers.
onmessage = (event) => setInterval(() => postMessage(0), event.data);
