import { fail } from '../../base/index.ts'
import type { Input } from '../grammar.ts'

/** `--epochs` of whoever comes new; undefined where it is not there. ERR_CLI_USAGE for another word than `all` or `none`. */
export function epochsGiven(input: Input): 'all' | 'none' | undefined {
  const word = input.optional('epochs')
  if (word === undefined || word === 'all' || word === 'none') return word
  throw fail('ERR_CLI_USAGE', { what: `"${word}" is neither all nor none.`, hint: 'Add --help.' })
}
