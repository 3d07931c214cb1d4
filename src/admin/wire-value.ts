import { fail, limits } from '../base/index.ts'
import type { CborValue } from '../codec/index.ts'

/**
 * An operation's output as both doors send it: members that are undefined left out, numbers rounded to integers (the
 * wire has no others), at most `limits.cborElementsMax` values and `limits.cborDepthMax` deep, the frame included.
 * Fails with `ERR_ADMIN_TOO_LARGE`; what is no plain data is a bug and becomes null.
 */
export function wireValue(value: unknown): CborValue {
  const budget = { elements: limits.cborElementsMax - 2 }
  return plain(value, budget, limits.cborDepthMax - 1)
}

function plain(value: unknown, budget: { elements: number }, depthLeft: number): CborValue {
  if (--budget.elements < 0) throw fail('ERR_ADMIN_TOO_LARGE', { limit: `${limits.cborElementsMax} values` })
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (typeof value === 'number') return Number.isFinite(value) ? Math.round(value) : null
  if (typeof value === 'boolean' || value instanceof Uint8Array) return value
  if (typeof value !== 'object' || value === null) return null
  if (depthLeft === 0) throw fail('ERR_ADMIN_TOO_LARGE', { limit: `depth ${limits.cborDepthMax}` })
  if (Array.isArray(value)) return value.map((item) => plain(item, budget, depthLeft - 1))
  const map = Object.create(null) as Record<string, CborValue>
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) map[name] = plain(member, budget, depthLeft - 1)
  }
  return map
}
