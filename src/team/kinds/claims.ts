import { limits, refuse } from '../../base/index.ts'
import { toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, full, type Law } from '../case.ts'
import { count, id, name, optional } from '../fields.ts'
import type { RevokedClaim } from '../state.ts'

/** Whose tokens count, and which do no longer. */
export const claims: {
  readonly [K in 'TrustOperator' | 'DistrustOperator' | 'RevokeClaim']: Law<Bodies[K]>
} = {
  TrustOperator: {
    form: { key: id },
    own: ({ state, facts }, body) => {
      if (facts.weak) return refuse('ERR_TEAM_KEY_WEAK')
      if (state.operators.has(toHex(body.key))) return duplicate('the operator is trusted')
      return full('trusted operators', state.operators.size, limits.trustedOperatorsMax)
    },
    apply: (state, body) => ({ ...state, operators: state.operators.with(toHex(body.key), body.key) }),
  },
  DistrustOperator: {
    form: { key: id },
    own: ({ state }, body) =>
      state.operators.has(toHex(body.key))
        ? undefined
        : refuse('ERR_TEAM_UNKNOWN_KEY', { what: 'no such operator is trusted' }),
    apply: (state, body) => ({ ...state, operators: state.operators.without(toHex(body.key)) }),
  },
  RevokeClaim: {
    form: { jti: optional(name), key: optional(id), notAfter: optional(count) },
    whole: ({ jti, key, notAfter }) => {
      if ((jti === undefined) === (key === undefined)) return 'jti'
      return jti !== undefined && notAfter !== undefined ? 'notAfter' : undefined
    },
    own: ({ state }, body) =>
      state.revokedClaims.has(revokedClaimKey(body))
        ? duplicate('the claim is revoked')
        : full('revoked claims', state.revokedClaims.size, limits.revokedClaimsMax),
    apply: (state, body) => ({ ...state, revokedClaims: state.revokedClaims.with(revokedClaimKey(body), body) }),
  },
}

/** Where a revocation stands in the state: one text for each that is not another's equal. */
export function revokedClaimKey({ jti, key, notAfter }: RevokedClaim): string {
  if (key === undefined) return `id ${jti ?? ''}`
  return notAfter === undefined ? `account ${toHex(key)}` : `until ${notAfter} ${toHex(key)}`
}
