/** At most so many endpoints of one chain. */
export const endpointLimit = 8;
