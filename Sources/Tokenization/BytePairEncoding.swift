/// Byte-level byte-pair encoding, as in GPT-2: any text comes back byte for byte.
///
/// Ids 0–255 are the bytes, then come `<pad>` 256, `<bos>` 257 and `<eos>` 258, then one id per
/// merge in the order learned. Text is cut into words first, and merges never cross them. The name
/// of a special token inside a text is text like any other.
public struct BytePairEncoding: Tokenizer, Equatable {
  /// Two neighbouring tokens that become one.
  public struct Merge: Hashable, Sendable {
    /// The token on the left.
    public var left: Int
    /// The token on the right.
    public var right: Int

    /// Pairs two tokens.
    public init(left: Int, right: Int) { (self.left, self.right) = (left, right) }
  }

  /// The id of the first merge in the vocabularies that we train.
  static let firstMergedToken = 256 + SpecialToken.allCases.count

  /// The merges in the order learned, which is the order in which they apply.
  public let merges: [Merge]
  /// The bytes of every token; special tokens have none.
  let tokenBytes: [[UInt8]]
  /// The token of every byte.
  let byteTokens: [Int]
  private let merging: PairMerging
  /// The id that fills up shorter rows.
  public let padToken: Int
  /// The id that opens every prompt.
  public let beginToken: Int
  /// The id that closes a completion.
  public let endToken: Int

  /// Numbers the merges from 259 on; without merges every byte is a token.
  public init(merges: [Merge] = []) {
    var tokenBytes = (UInt8.min...UInt8.max).map { [$0] }
    tokenBytes += Array(repeating: [], count: SpecialToken.allCases.count)
    for merge in merges {
      precondition(
        max(merge.left, merge.right) < tokenBytes.count,
        "\(merge) uses a token that only a later merge makes")
      tokenBytes.append(tokenBytes[merge.left] + tokenBytes[merge.right])
    }
    self.init(
      tokenBytes: tokenBytes, byteTokens: Array(0..<256), merges: merges,
      mergedTokens: Array(Self.firstMergedToken..<tokenBytes.count), pad: 256, begin: 257, end: 258)
  }

  /// Takes a vocabulary read from a file, where tokens may be numbered in any order.
  init(
    tokenBytes: [[UInt8]], byteTokens: [Int], merges: [Merge], mergedTokens: [Int],
    pad: Int, begin: Int, end: Int
  ) {
    (self.tokenBytes, self.byteTokens, self.merges) = (tokenBytes, byteTokens, merges)
    (padToken, beginToken, endToken) = (pad, begin, end)
    merging = PairMerging(merges, into: mergedTokens)
  }

  /// The number of tokens, special ones included.
  public var vocabularySize: Int { tokenBytes.count }

  /// The ids of a text.
  public func encode(_ text: String) -> [Int] {
    var encoded: [Int] = []
    WordSplitter(text).forEachWord { encoded += encodeWord($0) }
    return encoded
  }

  /// The ids of many texts; each distinct word is encoded once.
  public func encode(_ texts: [String]) -> [[Int]] {
    var known: [ArraySlice<UInt8>: [Int]] = [:]
    return texts.map { text in
      var encoded: [Int] = []
      WordSplitter(text).forEachWord { word in
        if let tokens = known[word] {
          encoded += tokens
        } else {
          let tokens = encodeWord(word)
          // A copy, so that the table does not keep whole texts alive.
          known[ArraySlice(Array(word))] = tokens
          encoded += tokens
        }
      }
      return encoded
    }
  }

  /// The text of the ids; bytes that are not UTF-8 become U+FFFD, and special tokens are left out.
  public func decode(_ tokens: [Int]) -> String {
    let known = tokens.filter { tokenBytes.indices.contains($0) }
    return String(decoding: known.flatMap { tokenBytes[$0] }, as: UTF8.self)
  }

  private func encodeWord(_ word: ArraySlice<UInt8>) -> [Int] {
    merging.merged(word.map { byteTokens[Int($0)] })
  }
}

/// Replaces every occurrence of a pair, from left to right, by the merged token.
func merge(_ pair: BytePairEncoding.Merge, into merged: Int, in tokens: inout [Int]) {
  var (read, write) = (0, 0)
  while read < tokens.count {
    let matches =
      read + 1 < tokens.count && tokens[read] == pair.left && tokens[read + 1] == pair.right
    tokens[write] = matches ? merged : tokens[read]
    (read, write) = (read + (matches ? 2 : 1), write + 1)
  }
  tokens.removeSubrange(write...)
}

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
