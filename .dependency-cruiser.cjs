'use strict'
/** The rules of the floors, made from the table in ARCHITECTURE.md of the working directory. */
const { readFloorTable } = require('./scripts/floor-table.cjs')

const rows = readFloorTable(process.cwd())
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const inRoom = (room) => `^src/${room}/`
const anyOf = (rooms) => `^src/(${rooms.join('|')})/`

function roomRules({ room, floor, rooms, outside }) {
  const others = rows.filter((row) => row.room !== room)
  const above = others.filter((row) => row.floor > floor).map((row) => row.room)
  const beside = others.filter((row) => row.floor === floor).map((row) => row.room)
  const unlisted = others.filter((row) => row.floor < floor && !rooms.includes(row.room)).map((row) => row.room)
  const from = { path: inRoom(room) }
  const rules = [
    error(`${room}-own-door`, 'A file does not import the door of its own room.', from, {
      path: `^src/${room}/index\\.ts$`,
    }),
    error(`${room}-past-the-door`, 'Another room is entered through its index.ts.', from, {
      path: '^src/[^/]+/',
      pathNot: [inRoom(room), '^src/[^/]+/index\\.ts$'],
    }),
    error(`${room}-outside`, 'This package is not in the row of the room.', from, {
      // A relative path that was not resolved is reported as that.
      pathNot: ['^src/', '^[.]', ...outside.map(outsidePattern)],
    }),
    error(`${room}-entry`, 'A room does not import an entry.', from, { path: '^src/(bin/|[^/]+\\.ts$)' }),
  ]
  if (above.length > 0) rules.push(error(`${room}-upward`, 'Rooms import downwards.', from, { path: anyOf(above) }))
  if (beside.length > 0)
    rules.push(error(`${room}-sibling`, 'Rooms of one floor do not know each other.', from, { path: anyOf(beside) }))
  if (unlisted.length > 0)
    rules.push(error(`${room}-not-in-row`, 'This room is not in the row.', from, { path: anyOf(unlisted) }))
  return rules
}

/** A word of the last column as a pattern of resolved paths: node:fs, node:*, a package, @scope/*. */
function outsidePattern(word) {
  if (word === 'node:*') return '^(node:)?[a-z_/]+$'
  if (word.startsWith('node:')) return `^(node:)?${word.slice(5)}(/|$)`
  return word.endsWith('/*') ? `^node_modules/${word.slice(0, -1)}` : `^node_modules/${word}/`
}

module.exports = {
  forbidden: [
    ...rows.flatMap(roomRules),
    error(
      'unmapped-room',
      'This folder is not a room of the table.',
      {},
      {
        path: '^src/[^/]+/',
        pathNot: [anyOf([...rows.map((row) => row.room), 'bin'])],
      },
    ),
    error(
      'entry-past-the-door',
      'Entries use doors too.',
      { path: '^src/(bin/|[^/]+\\.ts$)' },
      {
        path: '^src/[^/]+/',
        pathNot: ['^src/[^/]+/index\\.ts$', '^src/bin/'],
      },
    ),
    error('cycle', 'Two files that need each other are one.', {}, { circular: true }),
    error(
      'orphan',
      'Nobody uses this file.',
      { orphan: true, pathNot: ['^src/(bin/|[^/]+\\.ts$)', '/index\\.ts$', '\\.d\\.ts$'] },
      {},
    ),
    error('unresolved', 'This import leads nowhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
