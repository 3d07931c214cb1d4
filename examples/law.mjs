// The law of teams as a library: a removal and what was done beside it, judged in any order. node examples/law.mjs
import { author, createDevice, decode, evaluate } from 'hyrax/team'

const [owner, operator, user, guest] = ['owner', 'operator', 'user', 'guest'].map((seed) => createDevice({ seed }))
const add = (by, known, who, role) =>
  author(by, {
    known,
    kind: 'AddDevice',
    body: { bundle: who.bundle, commonName: role, role, roleAt: decode(known[0]).team, gen: 0 },
  })

// The founding command names no parents; every other one names the heads of what its author knows.
const body = { nonce: new Uint8Array(32), name: 'herd', policy: 1, bundle: owner.bundle, commonName: 'owner' }
const base = [author(owner, { known: [], kind: 'CreateTeam', body })]
base.push(add(owner, base, operator, 'operator'))
base.push(add(owner, base, user, 'user'))

// Two sides that do not see each other: the owner removes the operator, who adds a guest.
const removal = author(owner, { known: base, kind: 'RemoveDevice', body: { device: operator.id, gen: 0 } })
const addition = add(operator, base, guest, 'user')

// A command that the law refuses can be signed all the same: nobody takes it.
const forbidden = author(user, { known: base, kind: 'CloseTeam', body: {} })

const all = [...base, removal, addition, forbidden]
const { team, stateHash, members, verdicts } = await evaluate(all)
console.log(team, members.map(({ name }) => name).join(', '))
for (const bytes of [removal, addition, forbidden]) {
  const { id, kind } = decode(bytes)
  const { verdict, code, by } = verdicts.get(id)
  console.log(kind, verdict, code ?? '', by === decode(removal).id ? 'by the removal' : '')
}

const again = await evaluate([...all, ...all].reverse())
console.log(again.stateHash === stateHash ? 'the same in any order' : 'not the same')
