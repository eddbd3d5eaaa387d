/// Which neighbouring tokens become one, and which of them first.
///
/// The pair of lowest rank goes first, the leftmost among equals, until no rule applies: the order
/// of Sennrich (2016) and of SentencePiece alike. A queue of pairs makes it n·log n for n tokens.
struct PairMerging: Equatable, Sendable {
  /// What becomes of a pair.
  struct Rule: Equatable, Sendable { var rank, merged: Int }

  private let rules: [BytePairEncoding.Merge: Rule]

  init(_ rules: [BytePairEncoding.Merge: Rule]) { self.rules = rules }

  /// Numbers the merges by their place in the list; a pair that comes twice keeps its first place.
  init(_ merges: [BytePairEncoding.Merge], into tokens: [Int]) {
    let ranked = zip(merges, zip(merges.indices, tokens).map(Rule.init))
    rules = Dictionary(ranked) { first, _ in first }
  }

  /// The tokens after every merge that applies.
  func merged(_ tokens: [Int]) -> [Int] {
    guard tokens.count > 1, !rules.isEmpty else { return tokens }
    var chain = TokenChain(tokens)
    var queue = MergeQueue()
    for place in tokens.indices.dropLast() { propose(at: place, in: chain, to: &queue) }
    while let next = queue.popFirst() {
      guard let pair = chain.pair(at: next.place), pair == next.pair, let rule = rules[pair] else {
        continue
      }
      chain.join(at: next.place, as: rule.merged)
      if let before = chain.place(before: next.place) {
        propose(at: before, in: chain, to: &queue)
      }
      propose(at: next.place, in: chain, to: &queue)
    }
    return chain.tokens
  }

  private func propose(at place: Int, in chain: TokenChain, to queue: inout MergeQueue) {
    guard let pair = chain.pair(at: place), let rule = rules[pair] else { return }
    queue.insert(.init(rank: rule.rank, place: place, pair: pair))
  }
}

/// Tokens linked to their neighbours; a token that was joined to its left one leaves a gap.
private struct TokenChain {
  private static let gap = -1
  private var entries: [Int]
  private var previous: [Int]
  private var next: [Int]

  init(_ tokens: [Int]) {
    entries = tokens
    previous = tokens.indices.map { $0 - 1 }
    next = tokens.indices.map { $0 + 1 }
  }

  var tokens: [Int] { entries.filter { $0 != Self.gap } }

  func place(before place: Int) -> Int? { previous[place] >= 0 ? previous[place] : nil }

  /// The token at a place and the one behind it.
  func pair(at place: Int) -> BytePairEncoding.Merge? {
    guard entries[place] != Self.gap, next[place] < entries.count else { return nil }
    return .init(left: entries[place], right: entries[next[place]])
  }

  mutating func join(at place: Int, as token: Int) {
    let right = next[place]
    (entries[place], entries[right]) = (token, Self.gap)
    next[place] = next[right]
    if next[place] < entries.count { previous[next[place]] = place }
  }
}

/// A binary heap of pairs, the lowest rank first, then the leftmost place.
private struct MergeQueue {
  struct Entry {
    var rank, place: Int
    var pair: BytePairEncoding.Merge

    static func < (left: Entry, right: Entry) -> Bool {
      (left.rank, left.place) < (right.rank, right.place)
    }
  }

  private var heap: [Entry] = []

  mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Entry? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var (parent, child) = (0, 1)
    while child < heap.count {
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[parent] else { break }
      heap.swapAt(parent, child)
      (parent, child) = (child, 2 * child + 1)
    }
    return first
  }
}
