extension BytePairEncoding {
  /// Learns merges from texts, Sennrich (2016), algorithm 1.
  ///
  /// In each round the most frequent pair of neighbouring tokens inside words becomes a token;
  /// among equally frequent pairs the one with the smaller left id wins, then the smaller right id.
  /// The result depends on the texts' words and their counts only, not on the order of the texts.
  ///
  /// - Parameters:
  ///   - texts: The texts to learn from.
  ///   - vocabularySize: The number of tokens wanted, special tokens and the 256 bytes included.
  ///   - minimumCount: Rarer pairs are not merged, so that little text gives a smaller vocabulary.
  /// - Returns: The encoding with the merges learned.
  public static func train(
    on texts: [String], vocabularySize: Int, minimumCount: Int = 2
  ) -> BytePairEncoding {
    precondition(
      vocabularySize >= firstMergedToken, "\(vocabularySize) tokens, at least \(firstMergedToken)")
    var training = BytePairTraining(texts)
    var merges: [Merge] = []
    while firstMergedToken + merges.count < vocabularySize,
      let pair = training.mostFrequentPair(minimumCount: minimumCount)
    {
      training.merge(pair, into: firstMergedToken + merges.count)
      merges.append(pair)
    }
    return BytePairEncoding(merges: merges)
  }
}

/// The words of the training texts, cut into the tokens known so far, with the counts of all pairs.
private struct BytePairTraining {
  private typealias Pair = BytePairEncoding.Merge
  private var words: [(tokens: [Int], count: Int)]
  private var counts: [BytePairEncoding.Merge: Int] = [:]
  /// The words in which a pair has occurred; some of them may have lost it since.
  private var places: [BytePairEncoding.Merge: Set<Int>] = [:]

  init(_ texts: [String]) {
    var wordCounts: [ArraySlice<UInt8>: Int] = [:]
    for text in texts {
      WordSplitter(text).forEachWord { word in
        if wordCounts[word] != nil {
          wordCounts[word]? += 1
        } else {
          wordCounts[ArraySlice(Array(word))] = 1
        }
      }
    }
    words = wordCounts.map { ($0.key.map(Int.init), $0.value) }
    for index in words.indices { count(index, sign: 1) }
  }

  /// The pair to merge next; the answer does not depend on the dictionary's order.
  func mostFrequentPair(minimumCount: Int) -> BytePairEncoding.Merge? {
    let best = counts.max { a, b in
      (a.value, b.key.left, b.key.right) < (b.value, a.key.left, a.key.right)
    }
    return best.flatMap { $0.value >= max(minimumCount, 1) ? $0.key : nil }
  }

  mutating func merge(_ pair: BytePairEncoding.Merge, into merged: Int) {
    for index in places.removeValue(forKey: pair) ?? [] {
      count(index, sign: -1)
      Tokenization.merge(pair, into: merged, in: &words[index].tokens)
      count(index, sign: 1)
    }
    counts[pair] = nil
  }

  private mutating func count(_ index: Int, sign: Int) {
    let (tokens, count) = words[index]
    for (left, right) in zip(tokens, tokens.dropFirst()) {
      let pair = BytePairEncoding.Merge(left: left, right: right)
      counts[pair, default: 0] += sign * count
      if sign > 0 { places[pair, default: []].insert(index) }
    }
  }
}
