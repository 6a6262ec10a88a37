/**
 * The null of the drift e-process at some cut points c_j: |F(c_j) − F_ref(c_j)| ≤ delta. The tolerance absorbs harmless change and the
 * reference's own sampling error.
 */
export interface BettingPlan {
  /** F_ref at each watched cut, strictly inside (0, 1). A few (9, say) watch a whole distribution. */
  readonly shares: readonly number[];
  readonly delta: number;
  /**
   * What counts as one independent observation: a `row`, or, where rows within a window hang together (sensors do), the `window` as a
   * whole, which is valid under any dependence inside of it and needs more windows.
   */
  readonly unit?: "row" | "window";
  /** Worked out beforehand by {@link planBets}: ln of what a row inside multiplies each bet by, and behind it what one outside does. */
  readonly odds?: Float64Array;
}

/** Log capitals of every bet; two numbers a bet. Kept per feature and device; plain numbers, so that it can be stored. */
export interface BettingState {
  readonly windows: number;
  /** ln Σ_s w_s Π_{i≥s} increment_i over start windows s so far, w_s as of {@link startWeight}. */
  readonly logMixture: readonly number[];
  /** ln of the Shiryaev-Roberts sum of the same products. */
  readonly logRoberts: readonly number[];
}

/** Shares of the capital put on each bet by row. */
const rowStakes = [0.02, 0.05, 0.1, 0.2, 0.4] as const;
/** Shares of the largest possible stake when a window is one observation. */
const windowStakes = [0.1, 0.3, 0.5, 0.7, 0.9] as const;

const betsPerCut = 2 * rowStakes.length;

/**
 * The share of the capital that waits for a change at window s: ln 2 (1/ln(s+1) − 1/ln(s+2)), which adds up to 1. After a year of windows a minute
 * a new change pays e^−19 of its evidence for being so late, where 1/(s(s+1)) would have it pay e^−26.
 */
function startWeight(s: number): number {
  return (Math.LN2 * Math.log1p(1 / (s + 1))) / (Math.log(s + 1) * Math.log(s + 2));
}

/** The share that still waits after window s. */
const waitingAfter = (s: number): number => Math.LN2 / Math.log(s + 2);

/** The state before the first window: e-value 1. */
export function startBetting(plan: BettingPlan): BettingState {
  const bets = plan.shares.length * betsPerCut;
  return { windows: 0, logMixture: new Array<number>(bets).fill(Number.NEGATIVE_INFINITY), logRoberts: new Array<number>(bets).fill(Number.NEGATIVE_INFINITY) };
}

/** The plan with all that its windows have in common worked out: a step by row is then ten times as fast, and gives the same bits. */
export function planBets(plan: BettingPlan): BettingPlan {
  return plan.unit === "window" ? plan : { ...plan, odds: oddsOf(plan) };
}

function oddsOf({ shares, delta }: BettingPlan): Float64Array {
  const odds = new Float64Array(2 * betsPerCut * shares.length);
  let at = 0;
  for (const share of shares) {
    for (const side of [1, -1] as const) {
      const bound = side === 1 ? share + delta : 1 - share + delta;
      for (const stake of rowStakes) {
        if (bound < 1) {
          odds[at] = Math.log1p(stake * (1 - bound));
          odds[at + 1] = Math.log1p(-stake * bound);
        }
        at += 2;
      }
    }
  }
  return odds;
}

/** Below this, what is added to a logarithm that is not next to 0 is lost in rounding. */
const lostBelow = -45;

function logAdd(a: number, b: number): number {
  const high = a > b ? a : b;
  if (high === Number.NEGATIVE_INFINITY) return high;
  const apart = (a > b ? b : a) - high;
  return apart < lostBelow && (high > 1e-3 || high < -1e-3) ? high : high + Math.log1p(Math.exp(apart));
}

/**
 * ln of what each bet multiplied its capital by: for "more than bound" with stake λ, Σ ln(1 + λ(1{x ≤ c} − bound)); "less" is its mirror
 * image. Each has mean ≤ 1 under the null, which is all that is needed.
 */
function logGains(plan: BettingPlan, below: ArrayLike<number>, rows: number): number[] {
  return plan.unit === "window" ? gainsOfWindow(plan, below, rows) : gainsOfRows(plan, below, rows);
}

function gainsOfRows(plan: BettingPlan, below: ArrayLike<number>, rows: number): number[] {
  const odds = plan.odds ?? oddsOf(plan);
  const gains: number[] = [];
  for (let at = 0; at < odds.length; at += 2) {
    const bet = at >> 1;
    const given = below[Math.floor(bet / betsPerCut)] ?? 0;
    const inside = given < 0 ? 0 : given > rows ? rows : given;
    const hits = bet % betsPerCut < rowStakes.length ? inside : rows - inside;
    gains.push(hits * (odds[at] as number) + (rows - hits) * (odds[at + 1] as number));
  }
  return gains;
}

function gainsOfWindow(plan: BettingPlan, below: ArrayLike<number>, rows: number): number[] {
  const gains: number[] = [];
  plan.shares.forEach((share, j) => {
    const inside = Math.min(rows, Math.max(0, below[j] ?? 0));
    for (const side of [1, -1] as const) {
      const bound = side === 1 ? share + plan.delta : 1 - share + plan.delta;
      const hits = side === 1 ? inside : rows - inside;
      for (const stake of windowStakes) gains.push(bound >= 1 ? 0 : Math.log1p((stake / bound) * (hits / rows - bound)));
    }
  });
  return gains;
}

/**
 * The state after one more window: `below[j]` of its `rows` rows lie at or below cut j. A window of no rows changes nothing. The windows must
 * come in a fixed order, each once.
 */
export function stepBetting(plan: BettingPlan, state: BettingState, below: ArrayLike<number>, rows: number): BettingState {
  if (!(rows > 0)) return state;
  const windows = state.windows + 1;
  const logWeight = Math.log(startWeight(windows));
  const gains = logGains(plan, below, rows);
  return {
    windows,
    logMixture: state.logMixture.map((log, i) => logAdd(log, logWeight) + (gains[i] as number)),
    logRoberts: state.logRoberts.map((log, i) => logAdd(log, 0) + (gains[i] as number)),
  };
}

function meanExp(logs: readonly number[]): number {
  return logs.reduce((sum, log) => sum + Math.exp(Math.min(700, log)), 0) / Math.max(1, logs.length);
}

/**
 * The e-value now: its mean is at most 1 under the null at any time of looking, so reject where it is ≥ 1/α (Ville), or hand it to
 * {@link eBenjaminiHochberg}. Betting with a mixture over start windows, so that a late change is not paid for by the quiet before it.
 * Waudby-Smith & Ramdas 2024; Shin, Ramdas & Rinaldo 2024.
 */
export function bettingEValue(state: BettingState): number {
  return state.logMixture.length === 0 ? 1 : meanExp(state.logMixture) + waitingAfter(state.windows);
}

/** The e-Shiryaev-Roberts statistic, M ← (1 + M)·increment: an alarm at M ≥ c comes under the null at the earliest every c windows on average. */
export function robertsValue(state: BettingState): number {
  return meanExp(state.logRoberts);
}
