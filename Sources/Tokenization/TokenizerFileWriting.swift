public import Foundation

/// The names of the files that describe a tokenizer in a checkpoint folder.
enum TokenizerFile {
  static let tokenizer = "tokenizer.json"
  static let configuration = "tokenizer_config.json"
  static let specialTokens = "special_tokens_map.json"
}

/// Writes a tokenizer as `AutoTokenizer` of transformers reads it.
///
/// The files are `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`. The
/// begin token is put before every text by the post-processor where our prompts have it; the end
/// token is left to the trainer, as TRL expects.
///
/// - Parameters:
///   - tokenizer: A `WordVocabulary`, `BytePairEncoding`, `ByteLevelVocabulary` or `PieceEncoding`.
///   - folder: An existing folder; files of these names in it are replaced.
///   - maximumLength: The number of positions of the model.
/// - Throws: `TokenizationError` if a file cannot be written or the tokenizer has no file format.
public func writeTokenizer(
  _ tokenizer: any Tokenizer, to folder: URL, maximumLength: Int
) throws(TokenizationError) {
  guard let described = tokenizer as? any FileDescribedTokenizer else {
    throw .unsupportedTokenizer("\(type(of: tokenizer))")
  }
  let spellings = described.specialSpellings
  let names = [
    "pad_token": spellings.pad, "bos_token": spellings.begin, "eos_token": spellings.end,
  ]
  var configuration: [String: Any] = [
    "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": maximumLength,
    "unk_token": described.unknownSpelling ?? NSNull(), "clean_up_tokenization_spaces": false,
    "padding_side": "right",
  ]
  if let template = described.conversationTemplate { configuration["chat_template"] = template }
  let document = common(described).merging(described.fileDescription) { $1 }
  try write(document, to: folder, TokenizerFile.tokenizer)
  try write(configuration.merging(names) { $1 }, to: folder, TokenizerFile.configuration)
  try write(names, to: folder, TokenizerFile.specialTokens)
}

/// A tokenizer that `tokenizer.json` has a form for.
protocol FileDescribedTokenizer: Tokenizer {
  /// The parts of `tokenizer.json` that say how text is cut up.
  var fileDescription: [String: Any] { get }
  /// The names of the special tokens.
  var specialSpellings: (pad: String, begin: String, end: String) { get }
  /// The tokens that are found in a text as they are.
  var addedTokens: [AddedToken] { get }
  /// The name of the token for what has no other one.
  var unknownSpelling: String? { get }
  /// Whether the begin token is put before every text.
  var opensTexts: Bool { get }
  /// The template of conversations.
  var conversationTemplate: String? { get }
}

extension FileDescribedTokenizer {
  var unknownSpelling: String? { nil }
  var opensTexts: Bool { true }
  var conversationTemplate: String? { nil }

  /// The special tokens by their ids, each once.
  var addedTokens: [AddedToken] {
    let names = specialSpellings
    let tokens = [(padToken, names.pad), (beginToken, names.begin), (endToken, names.end)]
    return Dictionary(tokens) { first, _ in first }.sorted { $0.key < $1.key }
      .map { AddedToken(id: $0.key, content: $0.value, isSpecial: true) }
  }
}

extension WordVocabulary: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (tokens[padToken], tokens[beginToken], tokens[endToken])
  }

  var fileDescription: [String: Any] {
    [
      "pre_tokenizer": ["type": "WhitespaceSplit"],
      // A name that is not in the vocabulary: an unknown word is an error there as it is here.
      "model": [
        "type": "WordLevel", "unk_token": "<unk>",
        "vocab": Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices)),
      ],
      "decoder": NSNull(),
    ]
  }
}

extension BytePairEncoding: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (SpecialToken.pad.rawValue, SpecialToken.begin.rawValue, SpecialToken.end.rawValue)
  }

  var fileDescription: [String: Any] {
    var spellings = tokenBytes.map(ByteAlphabet.spelling)
    let names = specialSpellings
    (spellings[padToken], spellings[beginToken], spellings[endToken]) = (
      names.pad, names.begin, names.end
    )
    let splitter = byteLevel(usesExpression: !merges.isEmpty)
    return [
      "pre_tokenizer": splitter, "model": pairModel(spellings, merges), "decoder": splitter,
    ]
  }
}

extension ByteLevelVocabulary: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (spellings[padToken], spellings[beginToken], spellings[endToken])
  }
  var addedTokens: [AddedToken] { added }
  var opensTexts: Bool { !opening.isEmpty }
  var conversationTemplate: String? { chatTemplate }

  var fileDescription: [String: Any] {
    let digits = steps.filter { $0 != .words }.map {
      ["type": "Digits", "individual_digits": $0 == .digits] as [String: Any]
    }
    let last = byteLevel(usesExpression: steps.contains(.words))
    let parts: [String: Any] = ["type": "Sequence", "pretokenizers": digits + [last]]
    return [
      "normalizer": normalization == .composed ? ["type": "NFC"] : NSNull(),
      "pre_tokenizer": digits.isEmpty ? last : parts, "model": pairModel(spellings, merges),
      "decoder": byteLevel(usesExpression: true),
    ]
  }
}

private func byteLevel(usesExpression: Bool) -> [String: Any] {
  [
    "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
    "use_regex": usesExpression,
  ]
}

private func pairModel(
  _ spellings: [String], _ merges: [BytePairEncoding.Merge]
) -> [String: Any] {
  [
    "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(),
    "continuing_subword_prefix": NSNull(), "end_of_word_suffix": NSNull(), "fuse_unk": false,
    "byte_fallback": false, "ignore_merges": false,
    "vocab": Dictionary(uniqueKeysWithValues: zip(spellings, spellings.indices)),
    "merges": merges.map { [spellings[$0.left], spellings[$0.right]] },
  ]
}

/// The parts of `tokenizer.json` that do not depend on how text is cut up.
private func common(_ tokenizer: some FileDescribedTokenizer) -> [String: Any] {
  let added = tokenizer.addedTokens.map { token -> [String: Any] in
    [
      "id": token.id, "content": token.content, "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": token.isSpecial,
    ]
  }
  let name = tokenizer.specialSpellings.begin
  return [
    "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
    "added_tokens": added,
    "post_processor": tokenizer.opensTexts
      ? beginTokenTemplate(name, id: tokenizer.beginToken) : NSNull(),
  ]
}

/// The post-processor that puts the begin token before a text.
private func beginTokenTemplate(_ name: String, id: Int) -> [String: Any] {
  func special(_ type: Int) -> [String: Any] { ["SpecialToken": ["id": name, "type_id": type]] }
  func sequence(_ name: String, _ type: Int) -> [String: Any] {
    ["Sequence": ["id": name, "type_id": type] as [String: Any]]
  }
  return [
    "type": "TemplateProcessing",
    "single": [special(0), sequence("A", 0)],
    "pair": [special(0), sequence("A", 0), sequence("B", 1)],
    "special_tokens": [name: ["id": name, "ids": [id], "tokens": [name]] as [String: Any]],
  ]
}

private func write(
  _ object: [String: Any], to folder: URL, _ name: String
) throws(TokenizationError) {
  let url = folder.appending(path: name)
  do {
    let options: JSONSerialization.WritingOptions = [
      .sortedKeys, .prettyPrinted, .withoutEscapingSlashes,
    ]
    var data = try JSONSerialization.data(withJSONObject: object, options: options)
    data.append(UInt8(ascii: "\n"))
    try data.write(to: url, options: .atomic)
  } catch {
    throw .inaccessibleFile(
      path: url.path, reason: "cannot be written: \(error.localizedDescription)")
  }
}
