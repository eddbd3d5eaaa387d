import Datasets

/// Short passages of movie reviews, apart by split.
///
/// The reviews of IMDb are cut into sentences and go, a review as a whole and repeated reviews
/// once, to training (80 %), testing (10 %) or the unlabelled split (10 %). The snippets of Rotten
/// Tomatoes, another source with another style, are held out. Only passages of a length that can
/// end within a completion are kept, so that a policy can learn where a text ends.
package struct MovieCorpus: Sendable {
  /// Bytes of a passage; shorter ones leave nothing to say after the prompt.
  let lengths: ClosedRange<Int>
  package private(set) var passages: [Split: [String]] = [:]

  private static let splitSeed = Seed(2305_18290).derived("movie-sentiment.splits")

  package init(csv: [UInt8], lengths: ClosedRange<Int>) throws(CSVReader.Failure) {
    self.lengths = lengths
    var reader = CSVReader(csv)
    _ = try reader.next()
    var seen: Set<String> = []
    var line = reader.line
    while let record = try reader.next() {
      guard record.count == 3 else {
        throw CSVReader.Failure(
          line: line, what: "\(record.count) fields, text,label,source wanted")
      }
      line = reader.line
      if seen.insert(record[0]).inserted {
        add(review: cleaned(record[0]), source: record[2], index: seen.count)
      }
    }
  }

  private mutating func add(review: String, source: String, index: Int) {
    if source == "rotten_tomatoes" {
      keep([review], in: .heldOut)
      return
    }
    let draw = Self.splitSeed.uniform(for: "review", step: 0, index: index, position: 0)
    keep(sentences(of: review), in: draw < 0.8 ? .train : draw < 0.9 ? .test : .unlabelled)
  }

  private mutating func keep(_ texts: [String], in split: Split) {
    passages[split, default: []] += texts.filter { lengths.contains($0.utf8.count) }
  }
}

/// The text without line-break tags and with single spaces.
package func cleaned(_ text: String) -> String {
  let bytes = Array(text.utf8)
  let tag = Array("<br />".utf8)
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var position = 0
  while position < bytes.count {
    let isTag = bytes[position] == tag[0] && bytes[position...].starts(with: tag)
    let isSpace = isTag || bytes[position] <= UInt8(ascii: " ")
    if !isSpace {
      result.append(bytes[position])
    } else if let last = result.last, last != UInt8(ascii: " ") {
      result.append(UInt8(ascii: " "))
    }
    position += isTag ? tag.count : 1
  }
  if result.last == UInt8(ascii: " ") { result.removeLast() }
  return String(decoding: result, as: UTF8.self)
}

/// Cuts after a full stop, exclamation or question mark, and quotes or brackets that close behind
/// it, where a space and then no small letter follows.
package func sentences(of text: String) -> [String] {
  let bytes = Array(text.utf8)
  var sentences: [String] = []
  var start = 0
  var position = 0
  while position < bytes.count {
    position += 1
    guard isTerminator(bytes[position - 1]) else { continue }
    while position < bytes.count, isTerminator(bytes[position]) || isClosing(bytes[position]) {
      position += 1
    }
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: " "),
      !isSmallLetter(bytes[position + 1])
    else { continue }
    sentences.append(String(decoding: bytes[start..<position], as: UTF8.self))
    start = position + 1
  }
  if start < bytes.count { sentences.append(String(decoding: bytes[start...], as: UTF8.self)) }
  return sentences
}

private func isTerminator(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
}

private func isClosing(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: ")")
}

private func isSmallLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
}
