import { describe, expect, it } from 'vitest'
import { build } from './builder.ts'
import { faultsOf, signedNames } from './facts.ts'
import { engine, incremental, oracle, reference } from './judges.ts'
import { readScenario } from './notation.ts'

/** Drafts of the rules that a random run or a scenario broke (`TEAM.md` 4), each with a life in which it was wrong. */
const drafts: readonly (readonly [draft: string, line: string])[] = [
  [
    'self-demotion and self-removal hit like other reducers',
    'R01 [A user > O creates role boss 900 with role.assign,role.revoke,device.remove > O adds B as boss]  B makes A manager > O makes B operator > A removes B | B leaves  =>  A manager; B out; side 2: void; B forked',
  ],
  [
    'self-demotion and self-removal hit like other reducers',
    'R02 [B manager, U user]  B leaves | U acts | O makes U operator  =>  B out; U operator',
  ],
  [
    'no rule for forks',
    'R03 [A operator, C manager]  C makes itself user > A removes C | C removes A  =>  C out; A operator; side 2: void; C forked',
  ],
  [
    'any witness counts',
    'R04 [W operator, C manager, U user]  C makes itself user > W acts | C removes W > C removes U  =>  C user; W operator; U user; side 2: void; C forked',
  ],
  [
    'a leave needs no answer',
    'R05 [A manager, F operator]  F adds U > F leaves > A confirms F | F adds Z  =>  F out; U user; Z out; side 2: void; F forked',
  ],
  ['a leave needs no answer', 'R06 [F operator]  F leaves | F adds Z  =>  F out; Z out; side 2: void; F forked'],
  [
    'role changes without `from`',
    'R07 [A manager, U sync-role]  A makes U user | O makes U operator  =>  U operator; A makes U user: recalled STALE_ROLE',
  ],
  [
    'a tie counts the rank at origin',
    'R08 [C manager, B user]  O makes C operator > O makes B manager > B removes C | C removes B  =>  C out; B manager; C removes B: void',
  ],
  [
    'a lost or forked command is a good witness',
    'R09 [O2 owner, F operator]  F adds U > F leaves > O leaves > O2 confirms F > O2 confirms O | F adds Z > O acts  =>  F out; O out; Z out; U user; side 2: void; F forked; O forked',
  ],
  [
    'any removal discredits a witness',
    'R10 [A operator, F operator, C manager, U user]  F leaves > A confirms F | O removes C | C removes A | F adds Z > U acts  =>  F out; C out; Z out; A operator; C removes A: void; F adds Z: void; F forked',
  ],
  [
    'removal, not demotion, discredits a witness',
    'R11 [A manager, B operator, F operator]  F adds U > A acts | O makes A sync-role | F adds Z > B acts  =>  A sync-role; Z user; U out; F adds U: void; F forked',
  ],
  [
    'ConfirmLeave without generation',
    'R12 [A manager, U operator]  U leaves #1 > O adds U as operator > U adds V | after #1 > A confirms U  =>  U operator gen 1; V user',
  ],
  [
    'an accepted reducer hits even if replay recalls it',
    'R13 [A operator, C operator]  O makes A sync-role > A acts > O acts | A makes itself user > C removes A  =>  A sync-role; side 2: void; A forked',
  ],
  [
    'a raise that lacks one permission is a Decrease',
    'R15 [B operator]  O makes B admin | B adds V  =>  B admin; V out; B adds V: recalled NO_PERMISSION',
  ],
  [
    'the creator may always revoke its invite',
    'R16 [B operator, S operator > B creates invite i]  S admits U by i > U acts > O makes B user > B revokes invite i  =>  U user; B user; B revokes invite i: refused NO_PERMISSION',
  ],
  [
    'the creator may always revoke its invite',
    'R17 [B operator, S operator]  B creates invite i #1 > S admits U by i > O makes U operator > U adds V > O makes B user | after #1 > B revokes invite i  =>  B user; U operator; V user; B revokes invite i: void',
  ],
  [
    'revoking the own invite needs device.add alone',
    'R21 [B manager > B creates invite i for operator]  O removes permission role.assign from manager | B revokes invite i  =>  B manager; no invite i; B revokes invite i: void',
  ],
  [
    'RemoveNode orders only',
    'R18 [O2 owner > O adds node p]  O removes node p | O2 removes node p > O2 adds node p  =>  node p barred; O2 removes node p: recalled DUPLICATE; O2 adds node p: void',
  ],
  [
    'KEY_RETIRED judged in replay',
    'R19 [U user > U adds key 2]  O retires key 2 of U as rotated | U acts (key 2)  =>  U user; U without key 2',
  ],
  [
    'Decrease hits all acts of its target',
    'R20 [A manager, B operator]  A makes B user | O makes B manager > B adds V as operator  =>  B manager; V operator; A makes B user: recalled STALE_ROLE',
  ],
]

/** Ids decide between equals: what holds must hold whatever they are. */
const seeds = ['one', 'two', 'three', 'four', 'five', 'six']

describe.each([reference, engine, incremental, oracle])('drafts that fell stay fallen on the $name', (judge) => {
  it.each(drafts)('%s: %s', async (_, line) => {
    for (const seed of seeds) {
      const built = build(readScenario(line), { seed })
      const bytes = built.commands.map((command) => command.bytes)
      const foundOf = () => Promise.reject(new Error('no other scenario is named'))
      for (const delivery of [bytes, bytes.toReversed()])
        expect(
          await faultsOf({ built, found: await judge.judge(delivery), names: signedNames, judge, foundOf }),
        ).toEqual([])
    }
  })
})
