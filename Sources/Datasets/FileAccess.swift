import Foundation

/// What a Foundation error says, without domain and code.
func plainReason(_ error: any Error) -> String { error.localizedDescription }
