import Foundation
import JSON

extension PieceEncoding: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (spelling(of: padToken), spelling(of: beginToken), spelling(of: endToken))
  }

  var unknownSpelling: String? { specialNames.values.first { $0 == "<unk>" } }

  /// Named tokens that nothing spells, as transformers calls them too.
  var addedTokens: [AddedToken] {
    specialNames.sorted { $0.key < $1.key }
      .map { AddedToken(id: $0.key, content: $0.value, isSpecial: true) }
  }

  /// The form of transformers' `LlamaTokenizer`: a space before the text, spaces spelt `▁`, byte
  /// pairs with byte fallback.
  var fileDescription: TokenizerFileDescription {
    let space = JSONValue.string("\(Self.visibleSpace)")
    let spellings = tokenBytes.indices.map(spelling)
    let normalizers: JSONValue = [
      ["type": "Prepend", "prepend": space],
      ["type": "Replace", "pattern": ["String": " "], "content": space],
    ]
    let decoders: JSONValue = [
      ["type": "Replace", "pattern": ["String": space], "content": " "], ["type": "ByteFallback"],
      ["type": "Fuse"], ["type": "Strip", "content": " ", "start": 1, "stop": 0],
    ]
    return TokenizerFileDescription(
      normalizer: ["type": "Sequence", "normalizers": normalizers],
      decoder: ["type": "Sequence", "decoders": decoders],
      model: [
        "type": "BPE", "dropout": nil,
        "unk_token": unknownSpelling.map(JSONValue.string) ?? .null,
        "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": true,
        "byte_fallback": true, "ignore_merges": false, "vocab": vocabulary(spellings),
        "merges": mergeList(joins.map(\.pair), spellings),
      ])
  }

  private func spelling(of token: Int) -> String {
    if let name = specialNames[token] { return name }
    if let byte = byteTokens.firstIndex(of: token) {
      return PieceFile.spelling(of: UInt8(byte))
    }
    return String(decoding: tokenBytes[token], as: UTF8.self)
      .replacing(" ", with: "\(Self.visibleSpace)")
  }
}
