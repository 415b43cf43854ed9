/** Whether a look-up answers NOT_FOUND for what belongs to others, instead of FORBIDDEN. */
export type Concealment = { readonly concealForbidden: boolean };
