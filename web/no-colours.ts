/* The scales of the page map numbers to places and never mix colours. This takes the place of d3-color, 4 kB. */

const none = (): null => null;

export { none as color, none as cubehelix, none as hcl, none as hsl, none as lab, none as rgb };
