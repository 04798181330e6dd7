"""Number of threads while features are computed."""

from threadpoolctl import threadpool_info, threadpool_limits

from featser.features import on_one_thread


def test_matrix_products_run_on_one_thread_and_get_theirs_back() -> None:
    with threadpool_limits(2, user_api="blas"):
        with on_one_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def blas_threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
