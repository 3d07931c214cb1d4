import { fail } from '../base/index.ts'
import type { Authored } from './effects/authored.ts'
import type { Teams } from './effects/team.ts'

/** A command that was authored; a refusal by the law is thrown, so that every door tells it with its code and hint. */
export function commandOf(authored: Awaited<ReturnType<Teams['author']>>): Authored {
  if ('kind' in authored) throw fail(authored.code, authored.data)
  return authored
}
