import latency from './latency.js';

export default { ...latency, title: 'One login, Threads 50 ms away, the first of a process', fresh: true };
