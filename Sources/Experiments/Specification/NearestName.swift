/// The known name with the fewest edits from a mistyped one, if at most a third of it is wrong.
public func nearestName(to name: String, among known: [String]) -> String? {
  let scored = known.map { (name: $0, edits: editDistance(name, $0)) }
  guard let best = scored.min(by: { ($0.edits, $0.name) < ($1.edits, $1.name) }),
    best.edits <= max(2, name.count / 3)
  else { return nil }
  return best.name
}

/// The edit distance of Levenshtein (1966): insertions, deletions and substitutions.
public func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  var previous = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var current = [i + 1]
    for (j, other) in b.enumerated() {
      let substitution = previous[j] + (letter == other ? 0 : 1)
      current.append(min(substitution, previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}
