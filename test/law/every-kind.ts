import { build, type BuiltScenario } from './builder.ts'
import { readScenario } from './notation.ts'

const steps = [
  'O creates role r 650',
  'O adds permission label.define to r',
  'O removes permission label.define from r',
  'O deletes role r',
  'A creates label x',
  'B assigns label x to U',
  'B revokes label x from U',
  'A deletes label x',
  'B names U db',
  'B unnames U db',
  'B creates invite i',
  'B admits W by i',
  'B revokes invite i',
  'O adds node n of U',
  'O removes node n',
  'B rotates epoch e',
  'O rotates swarm key s under e',
  'O rotates swarm key t under e',
  'O retires swarm key s',
  'O trusts operator k',
  'O distrusts operator k',
  'O revokes claim c',
  'U adds key 2',
  'U retires key 1 of U as rotated',
  'O makes V operator',
  'O revokes the role of V',
  'V leaves',
  'U confirms V',
  'B removes W',
  'O closes',
]

/** A team in which every kind of command was given once at least, and every one is effective. */
export function everyKind(): BuiltScenario {
  return build(readScenario(`T00  [A manager, B operator, U user, V user]  ${steps.join(' > ')}  =>  closed`))
}
