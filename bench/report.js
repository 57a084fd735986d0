const LIMITS = {
  atMost: ['at most', (value, limit) => value <= limit],
  atLeast: ['at least', (value, limit) => value >= limit],
  moreThan: ['more than', (value, limit) => value > limit],
  exactly: ['exactly', (value, limit) => value === limit],
};

/** The Markdown table of a row. Its first contender is ours; `ratios` are the columns to compare the others by. */
export function table({ title, columns, ratios = Object.keys(columns), contenders, targets = {} }) {
  const [[, ours]] = Object.entries(contenders);

  const lines = Object.entries(contenders).map(([name, { samples }]) => {
    const values = (key) => samples.map((sample) => sample[key]);
    const ratio = (key) => samples.map((sample, round) => ours.samples[round][key] / sample[key]);
    const [key, target] = Object.entries(targets[name] ?? {})[0] ?? [];
    const verdict = () =>
      judge(columns[key], median(ratios.includes(key) ? ratio(key) : values(key)), target);
    return [
      name,
      ...Object.keys(columns).map((key) => figure(median(values(key)))),
      ...ratios.map((key) => (samples === ours.samples ? '' : spread(ratio(key)))),
      ...(target ? verdict() : ['', '']),
    ];
  });
  const heads = [
    '',
    ...Object.values(columns),
    ...ratios.map((key) => `ratio: ${columns[key]}`),
    'target',
    '',
  ];
  return [`### ${title}`, '', ...[heads, heads.map(() => '---'), ...lines].map(line)].join('\n');
}

function judge(column, value, target) {
  const [[kind, limit]] = Object.entries(target);
  const [words, met] = LIMITS[kind];
  return [`${column}: ${words} ${limit}`, met(value, limit) ? 'met' : '**missed**'];
}

function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(values, part).toFixed(2));
  return `${middle} (${low}–${high})`;
}

const median = (values) => quantile(values, 0.5);

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at % 1);
}

function figure(value) {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}
