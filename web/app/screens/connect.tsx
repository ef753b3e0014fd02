import { countText } from '../../../shared/format.ts';
import { ago } from '../figures.ts';
import { Loaded, Panel } from '../parts/panel.tsx';
import { hasToken } from '../service.ts';
import { useSession } from '../session.ts';

/** Screen 10: how a bot calls this service, and whether it does. */
export function Connect() {
  const { status } = useSession();
  const url = location.origin;
  return (
    <>
      <Panel title="Is the bot connected?">
        <Loaded answer={status}>
          {data => (
            <>
              {data.patterns.length === 0 && <p class="empty">No event has come yet.</p>}
              <ul class="plain">
                {data.patterns.map(row => (
                  <li key={row.pattern_key}>
                    <strong>{row.pattern_key}</strong>:{' '}
                    {row.asked?.length
                      ? row.asked
                          .map(({ who, at }) => `${who} asked ${ago(at, Date.parse(data.now))}`)
                          .join(', ')
                      : 'no bot asked within a day'}
                    ; {countText(row.events.total)} events posted, {countText(row.events.with_outcome)} with
                    outcome, {countText(row.conflicts.events + row.conflicts.outcomes)} rejected as conflict.
                  </li>
                ))}
              </ul>
              <p class="muted">Who asked is known to the hour: a look-up itself writes nothing.</p>
            </>
          )}
        </Loaded>
      </Panel>
      <Panel title="What to log">
        <p class="sentence">
          One event for each opportunity, acted or skipped: the pattern, the scope, the factors at that
          moment, and <code>factors.applied</code> exactly as the look-up answered it. The outcome follows
          when it is known: <code>success</code>, <code>failure</code> or <code>neutral</code>.
        </p>
      </Panel>
      <Panel title="Snippets">
        {hasToken() && (
          <p class="sentence">
            This service wants a token: each request also sends <code>Authorization: Bearer TOKEN</code>, with
            the token of the bot.
          </p>
        )}
        <Snippet title="curl: ask, then log" text={curl(url)} open />
        <Snippet title="Python" text={python(url)} />
        <Snippet title="TypeScript" text={typescript(url)} />
        <Snippet title="OpenFeature (OFREP)" text={openFeature(url)} />
        <Snippet title="freqtrade" text={freqtrade(url)} />
      </Panel>
    </>
  );
}

function Snippet({
  title,
  text,
  open = false,
}: {
  readonly title: string;
  readonly text: string;
  readonly open?: boolean;
}) {
  return (
    <details open={open}>
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <button type="button" class="quiet" onClick={() => void navigator.clipboard.writeText(text)}>
        Copy
      </button>
    </details>
  );
}

const LOOKUP = '{"pattern_key":"pm.uptrend.S1.entry","scope":{"chain":"solana"},"thresholds":{"ts_min":0.6}}';

const curl = (url: string): string => `curl ${url}/v1/overrides/lookup -H 'content-type: application/json' \\
  -d '${LOOKUP}'
curl ${url}/v1/events -H 'content-type: application/json' -d '{
  "pattern_key": "pm.uptrend.S1.entry", "episode_id": "e1", "decision": "acted",
  "scope": {"chain": "solana"}, "timestamp": "2026-01-01T00:00:00Z",
  "factors": {"ts_score": 0.64, "ts_min": 0.591, "applied": {}}}'
curl ${url}/v1/outcomes -H 'content-type: application/json' -d '{"outcomes": [
  {"pattern_key": "pm.uptrend.S1.entry", "episode_id": "e1", "outcome": "success"}]}'`;

const python = (url: string): string => `import json, urllib.request

def ask(scope, thresholds):
    body = {"pattern_key": "pm.uptrend.S1.entry", "scope": scope, "thresholds": thresholds}
    request = urllib.request.Request(
        "${url}/v1/overrides/lookup",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return json.load(answer)
    except OSError:
        return {"thresholds": thresholds, "applied": {}}  # the bot's own thresholds

answer = ask({"chain": "solana"}, {"ts_min": 0.6})
# use answer["thresholds"]; log answer["applied"] as factors["applied"]`;

const typescript = (url: string): string => `const thresholds = { ts_min: 0.6 };
const answer = await fetch('${url}/v1/overrides/lookup', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ pattern_key: 'pm.uptrend.S1.entry', scope: { chain: 'solana' }, thresholds }),
  signal: AbortSignal.timeout(2000),
}).then(
  response => response.json(),
  () => ({ thresholds, applied: {} }), // the bot's own thresholds
);`;

const openFeature = (url: string): string => `# pip install openfeature-provider-ofrep
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

api.set_provider(OFREPProvider("${url}"))
flags = api.get_client()
context = EvaluationContext("episode-1", {"chain": "solana", "timeframe": "15m"})
ts_min = 0.6 * flags.get_float_value("pm.uptrend.S1.entry.ts_min", 1.0, context)`;

const freqtrade = (url: string): string => `# in your strategy
import requests

def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs):
    scope = {"pair": pair, "timeframe": self.timeframe}
    try:
        answer = requests.post("${url}/v1/overrides/lookup", timeout=2, json={
            "pattern_key": "pm.uptrend.S1.entry", "scope": scope,
            "thresholds": {"ts_min": self.ts_min}}).json()
        ts_min = answer["thresholds"]["ts_min"]
    except requests.RequestException:
        ts_min = self.ts_min
    return self.score(pair) >= ts_min`;
