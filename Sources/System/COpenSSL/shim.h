#pragma once
// The SHA-2 functions on a context of the caller's own are deprecated since 3.0, and three times as fast on short input
// as the ones that fetch an algorithm by name; without this line each use of them is a warning.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

// The selection is an expression of macros, which Swift does not import.
static const int COpenSSL_public_key_selection = EVP_PKEY_PUBLIC_KEY;

// A builder keeps the pointers to the names of its parameters; the names that Swift passes live for one call.
static inline int COpenSSL_push_rsa_public_key(OSSL_PARAM_BLD *builder, const BIGNUM *modulus, const BIGNUM *exponent) {
  return OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus)
      && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
}

static inline int COpenSSL_push_p256_public_key(OSSL_PARAM_BLD *builder, const unsigned char *point, size_t count) {
  return OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0)
      && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, count);
}
