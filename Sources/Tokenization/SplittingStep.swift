/// A way to cut text before merges; the next step cuts each of the parts.
package enum SplittingStep: String, Sendable {
  /// The words of GPT-2's expression, as `ByteLevel` cuts them.
  case words
  /// Every digit by itself, as `Digits` cuts them with `individual_digits`.
  case digits
  /// Runs of digits, as `Digits` cuts them without it.
  case digitRuns

  /// The parts of a text, none of them empty, end to end.
  func parts(of text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    let splitter = WordSplitter(text)
    switch self {
    case .words: splitter.forEachWord { parts.append($0) }
    case .digits: splitter.forEachNumber(joined: 1) { parts.append($0) }
    case .digitRuns: splitter.forEachNumber(joined: .max) { parts.append($0) }
    }
    return parts
  }
}
