'use strict'
/** Reads the table of rooms and floors out of ARCHITECTURE.md, and refuses a table that contradicts itself. */
const fs = require('node:fs')
const path = require('node:path')

/** @returns {{ room: string, floor: number, toCome: boolean, rooms: string[], outside: string[] }[]} */
function readFloorTable(root) {
  const text = fs.readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8')
  const rows = text
    .split('\n')
    .filter((line) => /^\| \d+ \| `/.test(line))
    .map(readRow)
  if (rows.length === 0) throw new Error('ARCHITECTURE.md has no table of floors')
  return rows
}

function readRow(line) {
  const [floor, room, purpose, rooms, outside] = line.split('|').slice(1, -1)
  return {
    room: room.trim().replaceAll('`', ''),
    floor: Number(floor),
    toCome: purpose.includes('*to come*'),
    rooms: words(rooms),
    outside: words(outside),
  }
}

function words(cell = '') {
  return cell.trim().split(/\s+/).filter(Boolean)
}

/** What is wrong with the table itself, and where the folders of src/ differ from it. One line each. */
function findTableFaults(rows, root) {
  const byRoom = new Map(rows.map((row) => [row.room, row]))
  const faults = []
  if (byRoom.size !== rows.length) faults.push('a room stands in the table twice')
  for (const row of rows) {
    for (const name of row.rooms) {
      const other = byRoom.get(name)
      if (other === undefined) faults.push(`row ${row.room}: there is no room ${name}`)
      else if (other.floor >= row.floor) faults.push(`row ${row.room} points up or sideways to ${name}`)
    }
  }
  return [...faults, ...findFolderFaults(byRoom, root)]
}

/** Folders of src/ that hold entries, not a room. */
const entryFolders = new Set(['bin'])

function findFolderFaults(byRoom, root) {
  const faults = []
  const folders = fs
    .readdirSync(path.join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entryFolders.has(entry.name))
    .map((entry) => entry.name)
  for (const folder of folders) {
    const row = byRoom.get(folder)
    if (row === undefined) faults.push(`src/${folder} is not a room of the table`)
    else if (row.toCome) faults.push(`src/${folder} exists, but its row says that it is to come`)
    if (!fs.existsSync(path.join(root, 'src', folder, 'index.ts'))) faults.push(`src/${folder} has no door (index.ts)`)
  }
  for (const row of byRoom.values()) {
    if (!row.toCome && !folders.includes(row.room)) faults.push(`row ${row.room}: there is no folder src/${row.room}`)
  }
  return faults
}

module.exports = { readFloorTable, findTableFaults }
