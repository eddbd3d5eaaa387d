public import Foundation
import JSON

/// Reads a tokenizer from the `tokenizer.json` and `tokenizer_config.json` of a folder.
///
/// Read are word vocabularies split at white space, byte-level byte-pair encodings in GPT-2's manner
/// with or without `Digits`, and pieces with byte fallback in the manner of the first Llama models,
/// whatever their numbering. A file that asks for anything else is refused by the name of that.
public func readTokenizer(from folder: URL) throws(TokenizationError) -> any Tokenizer {
  let url = folder.appending(path: TokenizerFile.tokenizer)
  let document = try read(url, as: TokenizerDocument.init)
  let names = try read(
    folder.appending(path: TokenizerFile.configuration), as: TokenizerConfiguration.init)
  do throws(TokenizerFileError) {
    return try tokenizer(document, names)
  } catch {
    throw .malformedTokenizer(path: url.path, error)
  }
}

private func tokenizer(
  _ document: TokenizerDocument, _ names: TokenizerConfiguration
) throws(TokenizerFileError) -> any Tokenizer {
  switch document.model.type {
  case "WordLevel": return try WordVocabulary(document, names)
  case "BPE": break
  case let type: throw .model(type)
  }
  if let setting = document.model.unsupportedSetting { throw .setting(setting) }
  if document.model.byteFallback { return try PieceEncoding(document, names) }
  let vocabulary = try ByteLevelVocabulary(document, names)
  return BytePairEncoding(vocabulary) ?? vocabulary
}

extension WordVocabulary {
  fileprivate init(
    _ document: TokenizerDocument, _ names: TokenizerConfiguration
  ) throws(TokenizerFileError) {
    if let normalizer = document.normalizer { throw .normalizer(normalizer.type) }
    guard document.preTokenizer?.type == "WhitespaceSplit" else {
      throw .preTokenizer("a word vocabulary must have the WhitespaceSplit tokenizer")
    }
    let tokens = try document.tokens()
    let special = try names.ids(in: tokens)
    self.init(
      tokens: tokens, ids: Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices)),
      pad: special.pad, begin: special.begin, end: special.end)
  }
}

extension ByteLevelVocabulary {
  fileprivate init(
    _ document: TokenizerDocument, _ names: TokenizerConfiguration
  ) throws(TokenizerFileError) {
    let tokens = try document.tokens()
    let special = try names.looseIDs(in: tokens)
    try self.init(
      Description(
        spellings: tokens, added: document.plainAddedTokens(),
        merges: document.model.merges.map { ($0.left, $0.right) },
        steps: document.splittingSteps(), normalization: document.normalization(),
        opensPrompts: document.opensPrompts, chatTemplate: names.chatTemplate, pad: special.pad,
        begin: special.begin, end: special.end))
  }
}

extension TokenizerDocument {
  fileprivate func normalization() throws(TokenizerFileError) -> ByteLevelVocabulary.Normalization {
    switch normalizer?.type {
    case nil: .none
    case "NFC": .composed
    case let type?: throw .normalizer(type)
    }
  }

  /// The steps of a byte-level pre-tokenizer, whose last one maps bytes to characters.
  fileprivate func splittingSteps() throws(TokenizerFileError) -> [SplittingStep] {
    var parts = preTokenizer?.steps ?? []
    guard let last = parts.popLast(), last.type == "ByteLevel", last.addPrefixSpace == false else {
      throw .preTokenizer("the pre-tokenizer must end with ByteLevel and have no prefix space")
    }
    var steps: [SplittingStep] = []
    for part in parts { steps.append(try part.step()) }
    return last.usesExpression ?? true ? steps + [.words] : steps
  }
}

extension TokenizerPart {
  /// GPT-2's expression, Radford (2019), as `Split` spells it.
  private static let wordExpression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  fileprivate func step() throws(TokenizerFileError) -> SplittingStep {
    switch (type, expression, behavior) {
    case ("Digits", _, _): return individualDigits == true ? .digits : .digitRuns
    case ("Split", Self.wordExpression, "Isolated"): return .words
    case ("Split", #"\p{N}"#, "Isolated"): return .digits
    case ("Split", #"\p{N}+"#, "Isolated"): return .digitRuns
    case ("Split", let expression, _):
      throw .preTokenizer("the Split expression \(expression ?? "of a plain string") is not known")
    default: throw .preTokenizer("a pre-tokenizer of type '\(type)' is not supported")
    }
  }
}

extension BytePairEncoding {
  /// Our own kind: every byte a token, no other added tokens than the three special ones.
  ///
  /// Their names inside a text stay text, as they were when the encoding was trained.
  fileprivate init?(_ vocabulary: ByteLevelVocabulary) {
    let special = [vocabulary.padToken, vocabulary.beginToken, vocabulary.endToken]
    guard special.map({ vocabulary.spellings[$0] }) == SpecialToken.allCases.map(\.rawValue),
      Set(vocabulary.added.map(\.id)).isSubset(of: special), vocabulary.normalization == .none,
      vocabulary.steps == [.words] || vocabulary.steps.isEmpty && vocabulary.merges.isEmpty
    else { return nil }
    let spellings = vocabulary.spellings
    let ids = Dictionary(zip(spellings, spellings.indices)) { first, _ in first }
    let byteTokens = ByteAlphabet.characters.compactMap { ids[String($0)] }
    let merged = vocabulary.merges.compactMap { ids[spellings[$0.left] + spellings[$0.right]] }
    guard byteTokens.count == 256 else { return nil }
    let bytes = spellings.enumerated().map { id, spelling in
      special.contains(id) ? [] : ByteAlphabet.bytes(of: spelling) ?? []
    }
    self.init(
      tokenBytes: bytes, byteTokens: byteTokens, merges: vocabulary.merges, mergedTokens: merged,
      pad: special[0], begin: special[1], end: special[2])
  }
}

private func read<Value>(
  _ url: URL, as value: (JSONField) throws(JSONError) -> Value
) throws(TokenizationError) -> Value {
  let data: Data
  do { data = try Data(contentsOf: url) } catch {
    throw .inaccessibleFile(
      path: url.path, reason: "cannot be read: \(error.localizedDescription)")
  }
  do throws(JSONError) {
    return try value(JSONField(JSONReader.value(in: Array(data))))
  } catch {
    throw .malformedFile(path: url.path, reason: "\(error)")
  }
}
