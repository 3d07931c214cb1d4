import { labels, refuse, type Refusal } from '../base/index.ts'
import type { Act } from './body.ts'
import type { Command } from './command.ts'
import { bundleChecks } from './key-bundle.ts'
import type { SignatureCheck } from './verification.ts'

/** What libsodium must say about a command before the law is asked: its signature first, then what its payload carries. */
export function checksOf(
  command: Pick<Command, 'key' | 'unsigned' | 'signature'>,
  act: Act | undefined,
): SignatureCheck[] {
  const { key: publicKey, unsigned: bytes, signature } = command
  const own: SignatureCheck = { kind: 'signature', publicKey, label: labels.command, bytes, signature }
  return act !== undefined && 'bundle' in act.body ? [own, ...bundleChecks(act.body.bundle)] : [own]
}

/** What the answers to `checksOf` mean: ERR_TEAM_BAD_SIGNATURE, or the fact that `check` wants of them. */
export function readVerdicts(verdicts: readonly boolean[]): Refusal | { readonly weak: boolean } {
  const [signature, bundle, ...points] = verdicts
  // No signature holds under a weak identity key: then that, and not the signature, is what is wrong (2.4).
  if (signature !== true || (bundle === false && points[0] !== false)) return refuse('ERR_TEAM_BAD_SIGNATURE')
  return { weak: points.includes(false) }
}
