import { believed, delayMeasure, lossMeasure } from "#core/quality/evidence.ts";
import type { Factors } from "#core/quality/rank-table.ts";
import { attenuationOf, lossPpmOf } from "./attenuation.ts";
import type { RouteVector } from "./vector.ts";

/**
 * What is believed of a way that a neighbour of such a rank advertises: as it says where it keeps to
 * it, and worse by as much as it was found to be worse. Its price is not touched, and nothing gets
 * better by a rank.
 */
export function believedQuality(advertised: RouteVector, { loss, delay }: Factors): RouteVector {
  const said = lossPpmOf(advertised.attenuation);
  const found = believed(said, loss, lossMeasure);
  return {
    price: advertised.price,
    // Where nothing is held against it the logarithm stays as it was told: no rounding on the way.
    attenuation: found === said ? advertised.attenuation : attenuationOf(found),
    delay: believed(advertised.delay, delay, delayMeasure),
  };
}
