/* The scales of the page map numbers to places. This takes the place of d3-interpolate, which also mixes colours and texts. */

/** Returns the value at a share of the way between two numbers. */
const interpolateNumber =
  (from: number, to: number) =>
  (share: number): number =>
    from * (1 - share) + to * share;

const interpolateRound =
  (from: number, to: number) =>
  (share: number): number =>
    Math.round(from * (1 - share) + to * share);

/** Diverging scales alone call it, and the page has none. */
const piecewise = (): never => {
  throw new Error('the page has no diverging scale: build it with d3-interpolate to use one');
};

export { interpolateNumber as interpolate, interpolateNumber, interpolateRound, piecewise };
