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
/// begin token is put before every text by the post-processor, as our prompts have it; the end
/// token is left to the trainer, as TRL expects.
///
/// - Parameters:
///   - tokenizer: A `WordVocabulary` or a `BytePairEncoding`.
///   - folder: An existing folder; files of these names in it are replaced.
///   - maximumLength: The number of positions of the model.
/// - Throws: `TokenizationError` if a file cannot be written or the tokenizer has no file format.
public func writeTokenizer(
  _ tokenizer: any Tokenizer, to folder: URL, maximumLength: Int
) throws(TokenizationError) {
  let description: [String: Any]
  switch tokenizer {
  case let words as WordVocabulary: description = words.fileDescription
  case let pairs as BytePairEncoding: description = pairs.fileDescription
  default: throw .unsupportedTokenizer("\(type(of: tokenizer))")
  }
  let names = [
    "pad_token": SpecialToken.pad.rawValue, "bos_token": SpecialToken.begin.rawValue,
    "eos_token": SpecialToken.end.rawValue,
  ]
  let configuration: [String: Any] = [
    "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": maximumLength,
    "unk_token": NSNull(), "clean_up_tokenization_spaces": false, "padding_side": "right",
  ]
  try write(common(tokenizer).merging(description) { $1 }, to: folder, TokenizerFile.tokenizer)
  try write(configuration.merging(names) { $1 }, to: folder, TokenizerFile.configuration)
  try write(names, to: folder, TokenizerFile.specialTokens)
}

extension WordVocabulary {
  fileprivate var fileDescription: [String: Any] {
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

extension BytePairEncoding {
  fileprivate var fileDescription: [String: Any] {
    let byteLevel: [String: Any] = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
      "use_regex": !merges.isEmpty,
    ]
    let model: [String: Any] = [
      "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(),
      "continuing_subword_prefix": NSNull(), "end_of_word_suffix": NSNull(), "fuse_unk": false,
      "byte_fallback": false, "ignore_merges": false,
      "vocab": Dictionary(uniqueKeysWithValues: zip(spellings, spellings.indices)),
      "merges": merges.map { [spellings[$0.left], spellings[$0.right]] },
    ]
    return ["pre_tokenizer": byteLevel, "model": model, "decoder": byteLevel]
  }

  private var spellings: [String] {
    var spellings = tokenBytes.map(ByteAlphabet.spelling)
    spellings[padToken] = SpecialToken.pad.rawValue
    spellings[beginToken] = SpecialToken.begin.rawValue
    spellings[endToken] = SpecialToken.end.rawValue
    return spellings
  }
}

/// The parts of `tokenizer.json` that do not depend on how text is cut up.
private func common(_ tokenizer: any Tokenizer) -> [String: Any] {
  let specials = [
    (tokenizer.padToken, SpecialToken.pad), (tokenizer.beginToken, .begin),
    (tokenizer.endToken, .end),
  ]
  let added = specials.sorted { $0.0 < $1.0 }.map { id, token -> [String: Any] in
    [
      "id": id, "content": token.rawValue, "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": true,
    ]
  }
  return [
    "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
    "added_tokens": added, "post_processor": beginTokenTemplate(id: tokenizer.beginToken),
  ]
}

/// The post-processor that puts the begin token before a text.
private func beginTokenTemplate(id: Int) -> [String: Any] {
  let name = SpecialToken.begin.rawValue
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
